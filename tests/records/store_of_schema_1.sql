PRAGMA application_id = 1380861767;
BEGIN TRANSACTION;
CREATE TABLE class_list (
                id INTEGER PRIMARY KEY,
                listing TEXT NOT NULL,
                listed_at TEXT NOT NULL
            ) STRICT
            ;
INSERT INTO "class_list" VALUES(1,'{"entries":[{"id":"alice","late":null,"people":[{"email":"","name":"\u7231","platform_ids":{},"student_id":"2023001"}],"submitted_at":null},{"id":"bob","late":null,"people":[{"email":"","name":"\u535a","platform_ids":{},"student_id":"2023002"}],"submitted_at":null}],"layout":"flat","missing":[{"email":"","name":"\u7f3a","platform_ids":{},"student_id":"2023003"}],"notices":[],"rubric":"version: 1\ntitle: {zh: \u5b9e\u9a8c, en: Lab}\ntotal: 3\nrows:\n  - id: code\n    title: {zh: \u4ee3\u7801, en: Code}\n    points: 2\n    marked_by: checks\n    parts:\n      numpy_rnn:\n        points: 2\n        checks:\n          numpy_rnn.clip.values: 2/3\n          numpy_rnn.clip.shapes: 4/3\n  - id: report\n    title: {zh: \u62a5\u544a, en: Report}\n    points: 1\n    marked_by: ta\n","schema":1}','2026-11-27T10:19:40.219+00:00');
CREATE TABLE evidence (
                key TEXT PRIMARY KEY,
                content TEXT NOT NULL,
                committed_at TEXT NOT NULL
            ) STRICT
            ;
CREATE TABLE grading (
                id INTEGER PRIMARY KEY,
                hand_in TEXT NOT NULL,
                key TEXT NOT NULL,
                submission_sha256 TEXT NOT NULL,
                status TEXT NOT NULL,
                marks TEXT NOT NULL,
                created_at TEXT NOT NULL
            ) STRICT
            ;
INSERT INTO "grading" VALUES(1,'alice','k1','s1','graded','{"checks":[["numpy_rnn.clip.values","failed","0","2/3"],["numpy_rnn.clip.shapes","passed","4/3","4/3"]],"earned":"4/3","pending":"1","possible":"3","rows":[["code","4/3","0"],["report","0","1"]],"rubric_sha256":"9b1ed26f638b0424aa4525fee9bfe0f26e2a16cc65ff86ece53e20b6f4242724","runs":[1]}','2026-11-27T10:19:40.220+00:00');
INSERT INTO "grading" VALUES(2,'alice','k2','s2','graded','{"checks":[["numpy_rnn.clip.values","passed","2/3","2/3"],["numpy_rnn.clip.shapes","partial","1/3","4/3"]],"earned":"1","pending":"1","possible":"3","rows":[["code","1","0"],["report","0","1"]],"rubric_sha256":"9b1ed26f638b0424aa4525fee9bfe0f26e2a16cc65ff86ece53e20b6f4242724","runs":[2]}','2026-11-27T10:19:40.221+00:00');
INSERT INTO "grading" VALUES(3,'bob','','','grader_error','{"checks":[],"earned":"0","fault":["\u574f","broken"],"pending":"0","possible":"0","rows":[],"runs":[]}','2026-11-27T10:19:40.221+00:00');
CREATE TABLE migration (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;
INSERT INTO "migration" VALUES('0002_part_runs','2026-11-27T10:19:40.216+00:00');
CREATE TABLE outcome (
                run INTEGER NOT NULL REFERENCES part_run (id),
                check_id TEXT NOT NULL,
                result TEXT NOT NULL,
                notices TEXT NOT NULL,
                committed_at TEXT NOT NULL,
                PRIMARY KEY (run, check_id)
            ) STRICT
            ;
INSERT INTO "outcome" VALUES(1,'numpy_rnn.clip.values','{"advice":false,"clues":[],"diagnosis":[],"fraction":"0","id":"numpy_rnn.clip.values","message":{"en":"","zh":""},"outcome":"failed","part":"numpy_rnn","schema":1,"seconds":0.0,"staff_note":"","title":{"en":"title","zh":"\u9898"},"visibility":"public"}','[]','2026-11-27T10:19:40.219+00:00');
INSERT INTO "outcome" VALUES(1,'numpy_rnn.clip.shapes','{"advice":false,"clues":[],"diagnosis":[],"fraction":"0","id":"numpy_rnn.clip.shapes","message":{"en":"","zh":""},"outcome":"passed","part":"numpy_rnn","schema":1,"seconds":0.0,"staff_note":"","title":{"en":"title","zh":"\u9898"},"visibility":"public"}','[]','2026-11-27T10:19:40.220+00:00');
INSERT INTO "outcome" VALUES(2,'numpy_rnn.clip.values','{"advice":false,"clues":[],"diagnosis":[],"fraction":"0","id":"numpy_rnn.clip.values","message":{"en":"","zh":""},"outcome":"passed","part":"numpy_rnn","schema":1,"seconds":0.0,"staff_note":"","title":{"en":"title","zh":"\u9898"},"visibility":"public"}','[]','2026-11-27T10:19:40.220+00:00');
INSERT INTO "outcome" VALUES(2,'numpy_rnn.clip.shapes','{"advice":false,"clues":[],"diagnosis":[],"fraction":"1/4","id":"numpy_rnn.clip.shapes","message":{"en":"","zh":""},"outcome":"partial","part":"numpy_rnn","schema":1,"seconds":0.0,"staff_note":"","title":{"en":"title","zh":"\u9898"},"visibility":"public"}','[]','2026-11-27T10:19:40.220+00:00');
CREATE TABLE part_run (
                id INTEGER PRIMARY KEY,
                key TEXT NOT NULL,
                key_parts TEXT NOT NULL,
                part TEXT NOT NULL,
                submission_sha256 TEXT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('running', 'finished')),
                created_at TEXT NOT NULL,
                finished_at TEXT
            ) STRICT
            ;
INSERT INTO "part_run" VALUES(1,'4db2b8cfccc0116226d8d6cef12a6d54d01c25e691f87f93da80575e4334197e','{"code_sha256":"c","contract":"","environment":"e","grader_version":"1","limits":"l","part":"numpy_rnn","secret_fingerprint":"f","submission_sha256":"s1"}','numpy_rnn','s1','finished','2026-11-27T10:19:40.219+00:00','2026-11-27T10:19:40.220+00:00');
INSERT INTO "part_run" VALUES(2,'e961fefd990f75b2c14db6e8c710a291cc8eee2caed2d9100ffe6b48621bff5a','{"code_sha256":"c","contract":"","environment":"e","grader_version":"1","limits":"l","part":"numpy_rnn","secret_fingerprint":"f","submission_sha256":"s2"}','numpy_rnn','s2','finished','2026-11-27T10:19:40.220+00:00','2026-11-27T10:19:40.220+00:00');
CREATE INDEX part_run_key ON part_run (key);
CREATE INDEX grading_hand_in ON grading (hand_in);
COMMIT;

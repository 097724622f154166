-- Never edited: later schemas must read it.
PRAGMA application_id = 1380863307;
BEGIN TRANSACTION;
CREATE TABLE assignment (
                seq INTEGER PRIMARY KEY,
                hand_in TEXT NOT NULL,
                marker TEXT NOT NULL,
                at TEXT NOT NULL
            ) STRICT
            ;
INSERT INTO "assignment" VALUES(1,'0023001-张三','li','2026-11-27T14:02:07.351+00:00');
CREATE TABLE comment (
                seq INTEGER PRIMARY KEY,
                uid TEXT NOT NULL UNIQUE,
                id TEXT NOT NULL,
                version INTEGER NOT NULL,
                zh TEXT NOT NULL,
                en TEXT NOT NULL,
                points TEXT NOT NULL,
                owner TEXT NOT NULL,
                author TEXT NOT NULL,
                at TEXT NOT NULL,
                why TEXT NOT NULL,
                UNIQUE (id, version)
            ) STRICT
            ;
INSERT INTO "comment" VALUES(1,'ef3db4afba6348bca86de941f846d991','c1',1,'没有坐标轴','','-1/2','li','li','2026-11-01T08:00:00.000+00:00','');
CREATE TABLE conflict (
                seq INTEGER PRIMARY KEY,
                uid TEXT NOT NULL UNIQUE,
                hand_in TEXT NOT NULL,
                criterion TEXT NOT NULL,
                version INTEGER NOT NULL,
                theirs TEXT NOT NULL,
                source TEXT NOT NULL,
                at TEXT NOT NULL
            ) STRICT
            ;
INSERT INTO "conflict" VALUES(1,'1eba4e0380234284b86443dd377b4dc2','0023001-张三','report.figures',2,'{"at":"2026-11-01T08:00:00.000+00:00","author":"li","base":"1","criterion":"report.figures","hand_in":"0023001-\u5f20\u4e09","level":null,"note":"","settles":[],"submission_sha256":"","uid":"7bdc5395afb349ca9974fbbbfbebd1f5","uses":[],"version":1,"why":"","wording":"","worth":""}','marks-wang.sqlite','2026-11-01T08:00:00.000+00:00');
CREATE TABLE mark (
                seq INTEGER PRIMARY KEY,
                uid TEXT NOT NULL UNIQUE,
                hand_in TEXT NOT NULL,
                criterion TEXT NOT NULL,
                version INTEGER NOT NULL,
                event TEXT NOT NULL,
                UNIQUE (hand_in, criterion, version)
            ) STRICT
            ;
INSERT INTO "mark" VALUES(1,'228cdcde492c44db9486e1e2e27df38a','0023001-张三','report.figures',1,'{"at":"2026-11-01T08:00:00.000+00:00","author":"li","base":"8/3","criterion":"report.figures","hand_in":"0023001-\u5f20\u4e09","level":1,"note":"","settles":[],"submission_sha256":"","uid":"228cdcde492c44db9486e1e2e27df38a","uses":[["c1",1]],"version":1,"why":"","wording":"","worth":""}');
INSERT INTO "mark" VALUES(2,'83a6c3642c004531a211a8d2eb630bee','0023001-张三','report.figures',2,'{"at":"2026-11-01T08:00:00.000+00:00","author":"li","base":null,"criterion":"report.figures","hand_in":"0023001-\u5f20\u4e09","level":null,"note":"\u5750\u6807\u8f74\u6ca1\u6709\u540d\u79f0","settles":[],"submission_sha256":"","uid":"83a6c3642c004531a211a8d2eb630bee","uses":[],"version":2,"why":"","wording":"","worth":""}');
INSERT INTO "mark" VALUES(3,'e5c92ec57c2a4779b3f6cce748e77a61','0023001-张三','',1,'{"at":"2026-11-01T08:00:00.000+00:00","author":"li","base":null,"criterion":"","hand_in":"0023001-\u5f20\u4e09","level":null,"note":"\u6574\u4f53\u4e0d\u9519","settles":[],"submission_sha256":"","uid":"e5c92ec57c2a4779b3f6cce748e77a61","uses":[],"version":1,"why":"","wording":"","worth":""}');
CREATE TABLE migration (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;
INSERT INTO "migration" VALUES('0001_events','2026-11-27T14:02:07.292+00:00');
CREATE TABLE override (
                seq INTEGER PRIMARY KEY,
                uid TEXT NOT NULL UNIQUE,
                hand_in TEXT NOT NULL,
                check_id TEXT NOT NULL,
                version INTEGER NOT NULL,
                fraction TEXT,
                author TEXT NOT NULL,
                at TEXT NOT NULL,
                why TEXT NOT NULL CHECK (why <> ''),
                UNIQUE (hand_in, check_id, version)
            ) STRICT
            ;
INSERT INTO "override" VALUES(1,'c6a75503fa8e45b5a38879fb3d571988','0023001-张三','poems.a',1,'1/3','li','2026-11-01T08:00:00.000+00:00','his own convention');
CREATE TABLE publication (
                seq INTEGER PRIMARY KEY,
                uid TEXT NOT NULL UNIQUE,
                at TEXT NOT NULL,
                author TEXT NOT NULL,
                finals TEXT NOT NULL,
                why TEXT NOT NULL
            ) STRICT
            ;
INSERT INTO "publication" VALUES(1,'ccd8d5482107490fb706c6b286d18b2d','2026-11-01T08:00:00.000+00:00','li','{"0023001":{"final":"8/3","rows":{}}}','');
CREATE TRIGGER mark_no_update BEFORE UPDATE ON mark
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
CREATE TRIGGER mark_no_delete BEFORE DELETE ON mark
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
CREATE TRIGGER override_no_update BEFORE UPDATE ON override
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
CREATE TRIGGER override_no_delete BEFORE DELETE ON override
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
CREATE TRIGGER comment_no_update BEFORE UPDATE ON comment
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
CREATE TRIGGER comment_no_delete BEFORE DELETE ON comment
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
CREATE TRIGGER conflict_no_update BEFORE UPDATE ON conflict
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
CREATE TRIGGER conflict_no_delete BEFORE DELETE ON conflict
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
CREATE TRIGGER publication_no_update BEFORE UPDATE ON publication
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
CREATE TRIGGER publication_no_delete BEFORE DELETE ON publication
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
CREATE TRIGGER assignment_no_update BEFORE UPDATE ON assignment
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
CREATE TRIGGER assignment_no_delete BEFORE DELETE ON assignment
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END;
COMMIT;

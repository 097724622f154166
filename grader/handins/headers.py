"""The columns of a roster: what their headers are called, whatever platform or language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

PLATFORMS = (
    *("moodle", "canvas", "blackboard", "sakai", "gradescope", "chaoxing", "tronclass"),
    *("brightspace", "ilias"),
)
HEADER_ROWS = 12
"""The header is looked for in so many lines."""

_HEADERS: dict[str, tuple[str, ...]] = {
    "student_id": (
        *("学号", "学生学号", "学工号", "工号", "人员编号", "學號", "编号", "学籍番号"),
        *("student id", "student number", "student no", "studentid", "student_id", "sid"),
        *("id number", "idnumber", "sis user id", "student_uid", "orgdefinedid"),
        *("matriculation number", "matrikelnummer", "matrikelnr", "matrikelnr.", "id-nummer"),
        *("numéro d'identification", "numéro d'étudiant", "numéro étudiant"),
        *("número de id", "número de identificación", "matrícula", "idnummer"),
        *("numero identificativo", "codice identificativo", "número de identificação"),
        *("индивидуальный номер", "idナンバー", "sis id", "matrikel-nr.", "matrikel-nr"),
        *("n° étudiant", "matricola", "expediente"),
    ),
    "name": (
        *("姓名", "名字", "学生姓名", "全名", "name", "full name", "fullname", "student name"),
        *("student", "full_name", "vollständiger name", "nom complet", "nombre completo"),
        *("полное имя", "フルネーム", "nome completo", "volledige naam", "nombre y apellidos"),
    ),
    "last": (
        *("姓", "last name", "lastname", "last_name", "surname", "family name", "nachname"),
        *("apellidos", "apellido(s)", "apellido", "nom", "nom de famille", "cognome"),
        *("familienname", "achternaam"),
    ),
    "first": (
        *("名", "first name", "firstname", "first_name", "given name", "vorname"),
        *("nombre", "nombre(s)", "prénom", "nome", "voornaam"),
    ),
    "group": (
        *("组", "小组", "组号", "组别", "分组", "团队", "小组名称", "组名", "队伍"),
        *("group", "team", "group name", "group_name", "team name", "gruppe", "groupe", "grupo"),
        *("équipe", "equipo"),
    ),
    "email": (
        *("邮箱", "电子邮件", "电子邮件地址", "电子邮箱", "e-mail", "email", "mail"),
        *("email address", "e-mail address", "e-mail-adresse", "adresse de courriel"),
        *("adresse électronique", "courriel", "dirección de correo", "dirección email"),
        *("correo electrónico", "dirección de correo electrónico", "メールアドレス"),
    ),
    "login": (
        *("用户名", "账号", "登录名", "login", "login id", "user name", "username", "user"),
        *("sis login id", "eid", "account", "benutzername", "anmeldename"),
        *("nombre de usuario", "usuario", "nom d'utilisateur", "identifiant de connexion"),
    ),
    "github": ("github_username", "github username", "github login", "github"),
    "identifier": (
        *("identifier", "标识符", "识别号", "identifiant", "identificador", "идентификатор"),
        *("identificatore", "kennung", "roster_identifier"),
    ),
    "display_id": ("display id", "显示id"),
    "submitted": (  # Moodle's worksheet
        *("last modified (submission)", "上次修改(作业)", "zuletzt geändert (abgabe)"),
        *("dernière modification (travail remis)", "última modificación (entrega)"),
        *("última modificación (envío)", "最終更新日時 (提出)", "последнее изменение (ответ)"),
        *("laatst gewijzigd (inzending)", "ultima modifica (consegna)"),
        *("última modificação (envio)", "última modificação (submissão)"),
    ),
    **{p: (p, f"{p} id", f"{p}_id", f"{p}-id") for p in PLATFORMS},
}
_SHEET = (  # status, grade, maximum grade and feedback in Moodle's worksheet
    *("status", "grade", "maximum grade", "last modified (grade)", "grade can be changed"),
    *("feedback comments", "feedback", "状态", "成绩", "最高分", "最大分数", "上次修改(评分)"),
    *("允许更改成绩", "狀態", "成績", "最高分數", "bewertung", "bestwertung"),
    *("feedback als kommentar", "statut", "note", "zuletzt geändert (bewertung)"),
    *("bewertung kann geändert werden", "note maximale", "estado"),
    *("dernière modification (note)", "la note peut être modifiée", "calificación", "estatus"),
    *("calificación máxima", "última modificación (calificación)", "stato", "valutazione"),
    *("nota", "valutazione massima", "punteggio", "punteggio massimo", "situação"),
    *("nota máxima", "avaliação", "cijfer", "maximumcijfer", "beoordeling", "состояние"),
    *("статус", "оценка", "максимальная оценка", "ステータス", "状態", "評点", "最大評点"),
    *("상태", "성적", "최고 성적", "ocena", "ocena maksymalna", "stav", "známka"),
    *("nejlepší známka", "betyg", "högsta betyg", "karakter", "maks karakter"),
    *("karakter maksimum", "tila", "arvosana", "olek", "hinne", "стан", "оцінка", "durum"),
    *("not", "maksimum not", "állapot", "osztályzat", "stare", "notă", "κατάσταση", "βαθμός"),
    *("estat", "qualificació", "trạng thái", "điểm", "สถานะ", "คะแนน", "คะแนนสูงสุด", "nilai"),
    *("الحالة", "الدرجة", "מצב", "ציון", "egoera", "kalifikazioa"),
)
_PARTICIPANT = re.compile(r"[^\W\d_][^\d@]*?\s?\d{1,12}")  # Moodle's word is the site's language's
_FOR_ALL = re.compile(  # Moodle's word, without blanks; in front of it a group that was chosen
    "(?:.*-)?(?:Participante?|Partecipante|Participant[ăe]|参与[人者]|參[與加]者|参加者"
    "|Teilnehmer(?:/?in)?|Teilnehmende|Deelnemer|Deltage[rn]?|Deltagare|Deltaker|Участник"
    "|Учасник|Учесник|Uczestnik|Účastní[kc]|Udeleženec|Sudionik|Polaznik|Résztvevő|Osallistuja"
    "|Osaleja|Dalībnieks|Dalyvis|Συμμετέχων|Katılımcı|참[가여]자|Ngườithamgia|Partaidea"
    "|Peserta|משתתף|مشارك)",
    re.I | re.S,
)
_WHO = {"student_id", "name", "last", "login", "email", "github", "identifier"}


def normal(text: str) -> str:
    """Equal for names that people would call the same: width, composition, case, blanks."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().casefold()


def is_word_for_all(front: str) -> bool:
    """Whether Moodle calls every participant so, in a language that is known here."""
    return _FOR_ALL.fullmatch(re.sub(r"[\s\d/]", "", front)) is not None


_SHOW_A_SHEET = 2  # of its headers, that of the participants' numbers among them
_OF_SHEETS = {
    normal(word) for word in (*_SHEET, *_HEADERS["identifier"], *_HEADERS["submitted"], "id")
}
_ROLE = {normal(word): role for role, words in _HEADERS.items() for word in words}


def known(row: Sequence[str]) -> int:
    """How many headers of a roster a line holds."""
    return len(_roles(row))


def header(rows: list[list[str]]) -> tuple[int, dict[int, str]]:
    """The line of the header, and column -> what it holds; no column if there is no header.

    A worksheet of Moodle's for anonymous marking says nothing of anybody but the participant, so
    two of its headers must show that it is one: `Team 1`, `Team 2` are no students.
    """
    most = max(range(min(len(rows), HEADER_ROWS)), key=lambda i: (known(rows[i]), -i), default=0)
    roles = _roles(rows[most]) if rows else {}
    if rows:
        _platform_columns([_word(cell) for cell in rows[most]], rows[most + 1 :], roles)
        _surname_column(rows[most + 1 :], roles)
    says_who = not _WHO.isdisjoint(roles.values()) or (
        bool(rows)
        and len(_OF_SHEETS.intersection(map(_word, rows[most]))) >= _SHOW_A_SHEET
        and any(
            role == "moodle" and participants(rows[most + 1 :], i, distinct=True)
            for i, role in roles.items()
        )
    )
    return most, roles if says_who else {}


_SPREAD = re.compile("(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
"""The space in ``姓 名``, which spreads the title over its column."""


def _word(cell: str) -> str:
    word = normal(cell).lstrip("\ufeff").strip("\"'").replace("’", "'")
    return _SPREAD.sub("", word)


def _roles(row: Sequence[str]) -> dict[int, str]:
    """Column -> what it holds; the first column of a kind counts."""
    roles: dict[int, str] = {}
    for i, cell in enumerate(row):
        role = _ROLE.get(_word(cell))
        if role is not None and role not in roles.values():
            roles[i] = role
    return roles


def _platform_columns(words: list[str], rows: list[list[str]], roles: dict[int, str]) -> None:
    """Columns whose meaning depends on whose marks file it is."""
    at = next((i for i, role in roles.items() if role == "identifier"), None)
    if at is None and "id" in words and _of_a_sheet(words, rows, words.index("id")):
        at = words.index("id")  # in German and Japanese
    if at is None and 0 not in roles and _of_a_sheet(words, rows, 0, distinct=True):
        at = 0  # Moodle's own column is the first, whatever the site's language calls it
    if at is not None:
        plain = _of_a_sheet(words, rows, at) or all(
            row[at].strip().isdigit() for row in rows if row[at:]
        )
        ours = plain and not {"moodle", "github"} & set(roles.values())
        roles[at] = "moodle" if ours else "classroom"
    elif "id" in words and ("sis login id" in words or "sis user id" in words):
        roles[words.index("id")] = "canvas"
    elif "id" in words and "display_id" in roles.values():
        roles[words.index("id")] = "sakai"
    elif "username" in words and any("|" in word for word in words):
        roles[words.index("username")] = "blackboard"


def _surname_column(rows: list[list[str]], roles: dict[int, str]) -> None:
    """Beside a column of given names that it does not hold, `Name` is the surname (`Vorname`)."""
    columns = {role: i for i, role in roles.items()}
    if "last" in columns or not {"name", "first"} <= columns.keys():
        return
    pairs = [
        (normal(row[columns["name"]]), normal(row[columns["first"]]))
        for row in rows
        if len(row) > max(columns["name"], columns["first"])
    ]
    if 2 * sum(first in name for name, first in pairs) < len(pairs):
        roles[columns["name"]] = "last"


def _of_a_sheet(
    words: list[str], rows: list[list[str]], at: int, *, distinct: bool = False
) -> bool:
    """Whether a column's participants are Moodle's: by their word, or by other headers.

    `Seat 1`, `Seat 2` are no participants.
    """
    if not participants(rows, at, distinct=distinct):
        return False
    front = next(row[at] for row in rows if at < len(row) and row[at].strip())
    return is_word_for_all(front) or len(_OF_SHEETS.intersection(words)) >= _SHOW_A_SHEET


def participants(rows: list[list[str]], at: int, *, distinct: bool = False) -> bool:
    """Whether a column holds Moodle's participants: the same word and a number in each cell."""
    cells = [row[at].strip() for row in rows if at < len(row) and row[at].strip()]
    fronts = {re.sub(r"\s*\d+$", "", cell) for cell in cells}
    return (
        len(fronts) == 1
        and len(fronts.pop()) >= 3
        and (not distinct or len(set(cells)) == len(cells))
        and all(_PARTICIPANT.fullmatch(cell) for cell in cells)
    )

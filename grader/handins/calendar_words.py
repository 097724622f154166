"""The months and weekdays of the languages in which platforms write dates.

Short forms are what the words begin with. ``times`` takes what only one month fits: `lip` is June
in Croatian and July in Polish, `listopada` October and November, so neither is read.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CalendarWords:
    """Of one language, in lower case, as they stand in a date."""

    months: tuple[str, ...]
    weekdays: tuple[str, ...]  # from Monday on


_WORDS = {
    "en": (
        "january february march april may june july august september october november december",
        "monday tuesday wednesday thursday friday saturday sunday",
    ),
    "de": (
        "januar februar märz april mai juni juli august september oktober november dezember",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    ),
    "fr": (
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "lunes martes miércoles jueves viernes sábado domingo",
    ),
    "it": (
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    ),
    "pt": (
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    ),
    "nl": (
        "januari februari maart april mei juni juli augustus september oktober november december",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    ),
    "ru": (
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "понедельник вторник среда четверг пятница суббота воскресенье",
    ),
    "da": (
        "januar februar marts april maj juni juli august september oktober november december",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    ),
    "sv": (
        "januari februari mars april maj juni juli augusti september oktober november december",
        "måndag tisdag onsdag torsdag fredag lördag söndag",
    ),
    "nb": (
        "januar februar mars april mai juni juli august september oktober november desember",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    ),
    "pl": (
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
        "listopada grudnia",
        "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    ),
    "cs": (
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "pondělí úterý středa čtvrtek pátek sobota neděle",
    ),
    "hr": (
        "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga "
        "prosinca",
        "ponedjeljak utorak srijeda četvrtak petak subota nedjelja",
    ),
    "uk": (
        "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
        "понеділок вівторок середа четвер п'ятниця субота неділя",
    ),
    "ro": (
        "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie "
        "decembrie",
        "luni marți miercuri joi vineri sâmbătă duminică",
    ),
    "tr": (
        "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
        "pazartesi salı çarşamba perşembe cuma cumartesi pazar",
    ),
    "el": (
        "ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου "
        "οκτωβρίου νοεμβρίου δεκεμβρίου",
        "δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή",
    ),
    "ca": (
        "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
        "dilluns dimarts dimecres dijous divendres dissabte diumenge",
    ),
    "hu": (
        "január február március április május június július augusztus szeptember október november "
        "december",
        "hétfő kedd szerda csütörtök péntek szombat vasárnap",
    ),
    "id": (
        "januari februari maret april mei juni juli agustus september oktober november desember",
        "senin selasa rabu kamis jumat sabtu minggu",
    ),
    "cy": (
        "ionawr chwefror mawrth ebrill mai mehefin gorffennaf awst medi hydref tachwedd rhagfyr",
        "llun mawrth mercher iau gwener sadwrn sul",
    ),
}
LANGUAGES = tuple(
    CalendarWords(tuple(months.split()), tuple(days.split())) for months, days in _WORDS.values()
)
_MONTHS = [pair for language in LANGUAGES for pair in enumerate(language.months, 1)]
_OTHERS = {"mrt": 3, "mrz": 3, "čvn": 6, "čvc": 7, "červen": 6, "červenec": 7}
"""Short forms that no month begins with, and whole words of which one begins another month."""


def month_of(word: str) -> int | None:
    """The month that a word means, whole or cut short; None where several or none fit."""
    if word in _OTHERS:
        return _OTHERS[word]
    whole = {number for number, month in _MONTHS if month == word}
    short = {number for number, month in _MONTHS if len(word) >= 3 and month.startswith(word)}
    found = whole or short
    return found.pop() if len(found) == 1 else None

"""Times as people write them: "2h", "until 18:00", "tomorrow 9:00", "monday", "2026-12-01 18:00". Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(w|d|h|m|s)", re.IGNORECASE)
_UNITS = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_CLOCK = re.compile(r"^(\d{1,2})(?::(\d{2}))?\s*(am|pm)?$")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MORNING = (9, 0)
EXAMPLES = "2h, 30m, 1d, until 18:00, tomorrow 9:00, monday, 2026-12-01 18:00"


def parse_when(text: str, now: datetime) -> datetime | None:
    """The moment (aware, UTC) that a person means; None for "" ("until resumed").

    now: aware, in the person's own time zone: clock times are taken in it. Raises ValueError in words for a person.
    """
    said = re.sub(r"\s+", " ", text.strip().lower())
    said = re.sub(r"^(until|till|for|to) ", "", said)
    if not said or said in ("resumed", "until resumed", "forever"):
        return None
    try:
        moment = _moment(said, now)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{text.strip()!r} is no time: for example {EXAMPLES}") from error
    if moment is None:
        raise ValueError(f"{text.strip()!r} is not understood: for example {EXAMPLES}")
    if moment <= now:
        raise ValueError(f"{text.strip()!r} is in the past")
    return moment.astimezone(UTC)


def _moment(said: str, now: datetime) -> datetime | None:
    if not _PART.sub("", said).strip(" ,"):
        return now + timedelta(seconds=sum(float(n) * _UNITS[u.lower()] for n, u in _PART.findall(said)))
    day, _, clock = said.partition(" ")
    clock = clock.removeprefix("at ").strip()
    if day in ("today", "tomorrow") or day in _DAYS or (len(day) >= 3 and any(d.startswith(day) for d in _DAYS)):
        hour, minute = _clock(clock) if clock else _MORNING
        ahead = {"today": 0, "tomorrow": 1}.get(day)
        if ahead is None:
            wanted = next(at for at, name in enumerate(_DAYS) if name.startswith(day))
            ahead = (wanted - now.weekday()) % 7
        moment = (now + timedelta(days=ahead)).replace(hour=hour, minute=minute, second=0, microsecond=0)
        return moment + timedelta(days=7) if day not in ("today", "tomorrow") and moment <= now else moment
    if _CLOCK.match(said):
        hour, minute = _clock(said)
        moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return moment if moment > now else moment + timedelta(days=1)
    if re.match(r"^\d{4}-\d{2}-\d{2}", said):
        moment = datetime.fromisoformat(said.upper())
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=now.tzinfo)
    return None


def _clock(said: str) -> tuple[int, int]:
    found = _CLOCK.match(said)
    if found is None or (found[2] is None and found[3] is None and not found[1]):
        raise ValueError(said)
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3] == "pm" and hour < 12:
        hour += 12
    if found[3] == "am" and hour == 12:
        hour = 0
    if hour > 23 or minute > 59:
        raise ValueError(said)
    return hour, minute


def lasts(moment: datetime, now: datetime) -> str:
    """ "6h 12m" from now until then."""
    minutes = max(0, round((moment - now).total_seconds() / 60))
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    parts = [f"{number}{unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if number]
    return " ".join(parts[:2]) or "less than a minute"

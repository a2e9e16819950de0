"""Schedules and durations as Argo CD's sync windows write them; pure.

The rules are robfig/cron's (v3, `Minute|Hour|Dom|Month|Dow`), not those of crontab(5): `*/2` beside a day of the week means
"or", Sunday is 0 and never 7, and there is no `@daily`. Durations are Go's. The common cron libraries differ from that in
each of these.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise

from gitops_tui.records import dataclass

_MONTHS = dict(
    zip(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], range(1, 13), strict=True)
)
_DAYS = dict(zip(["sun", "mon", "tue", "wed", "thu", "fri", "sat"], range(7), strict=True))
# (name, least, most, names)
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_YEARS = 5
_DAYS_AHEAD = 400
_MINUTE = timedelta(minutes=1)
_UNITS = {"h": 3600e6, "m": 60e6, "s": 1e6, "ms": 1e3, "us": 1.0, "µs": 1.0, "μs": 1.0, "ns": 1e-3}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_LONGEST = timedelta(days=106_751)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something begins. times: (hour, minute) in order. any_day, any_weekday: whether that field is "*"; where
    neither is, a day counts that fits one of both."""

    times: tuple[tuple[int, int], ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def next(self, after: datetime) -> datetime | None:
        """The first time after `after` (wall clock, without a zone); None where none comes within five years."""
        begin = after.replace(second=0, microsecond=0) + _MINUTE
        day, first = begin.date(), (begin.hour, begin.minute)
        while day.year <= after.year + _YEARS:
            if day.month not in self.months:
                day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
                first = (0, 0)
                continue
            if self._fits(day):
                for hour, minute in self.times:
                    if (hour, minute) >= first:
                        return datetime.combine(day, time(hour, minute))
            day += timedelta(days=1)
            first = (0, 0)
        return None

    def last_before_gap(self, start: datetime, length: timedelta) -> datetime | None:
        """Of the starts from `start` (one itself) on, the first after which the next is more than `length` away; None where that
        does not come within a good year. Goes from day to day, however many starts a day has."""
        gap = _gap(self.times, length)
        day, rest = start.date(), _gap(tuple(each for each in self.times if each >= (start.hour, start.minute)), length)
        for _ in range(_DAYS_AHEAD):
            if rest is not None:
                return datetime.combine(day, time(*rest))
            last = datetime.combine(day, time(*self.times[-1]))
            following = self.next(last)
            if following is None or following - last > length:
                return last
            day, rest = following.date(), gap
        return None

    def _fits(self, day: date) -> bool:
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.any_day or self.any_weekday:
            return by_day and by_weekday
        return by_day or by_weekday


def _gap(times: tuple[tuple[int, int], ...], length: timedelta) -> tuple[int, int] | None:
    """The first time of a day after which the next one of the same day is more than `length` away."""
    most = length / _MINUTE
    pairs = pairwise(times)
    return next((one for one, two in pairs if (two[0] - one[0]) * 60 + two[1] - one[1] > most), None)


@lru_cache(maxsize=1024)
def parse_schedule(text: str) -> Schedule:
    """Raises ValueError, saying which field and why."""
    fields = text.split() if len(text) <= 1000 else []
    if text.lstrip().startswith(("TZ=", "CRON_TZ=")):
        raise ValueError("names a zone: that is what timeZone is for")
    if len(fields) != len(_FIELDS):
        raise ValueError(
            f"needs five fields (minute, hour, day of the month, month, day of the week), not {len(fields)}"
        )
    minutes, hours, days, months, weekdays = (_field(each, *rule) for each, rule in zip(fields, _FIELDS, strict=True))
    times = tuple((hour, minute) for hour in sorted(hours[0]) for minute in sorted(minutes[0]))
    made = Schedule(times, days[0], months[0], weekdays[0], days[1], weekdays[1])
    if made.next(datetime(2000, 1, 1)) is None:  # noqa: DTZ001 - a wall clock
        raise ValueError("never comes: no month has that day")
    return made


def _field(text: str, name: str, least: int, most: int, names: dict[str, int]) -> tuple[frozenset[int], bool]:
    """(the values, whether it is "*")."""
    found: set[int] = set()
    star = False
    for part in filter(None, text.split(",")):
        span, slash, step_text = part.partition("/")
        step = _number(step_text, name, {}) if slash else 1
        if span in ("*", "?"):
            low, high = least, most
            # As robfig/cron: "*/2" is no longer "every".
            star = star or step == 1
        else:
            low_text, dash, high_text = span.partition("-")
            low = _number(low_text, name, names)
            high = _number(high_text, name, names) if dash else most if slash else low
        if low < least or high > most:
            raise ValueError(f"the {name} {part!r} is not within {least}-{most}")
        if low > high:
            raise ValueError(f"the {name} {part!r} begins after its end")
        if not step:
            raise ValueError(f"the {name} {part!r} has a step of 0")
        found.update(range(low, high + 1, step))
    if not found:
        raise ValueError(f"the {name} {text!r} names none")
    return frozenset(found), star


def _number(text: str, name: str, names: dict[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"the {name} {text!r} is no number" + (f" and none of {', '.join(names)}" if names else ""))
    return int(text)


def go_duration(text: str) -> timedelta:
    """A length in Go's notation ("1h30m", "90s", "0.5h"), to the microsecond. Raises ValueError."""
    bare = text[1:] if text[:1] in ("-", "+") else text
    if bare == "0":
        return timedelta()
    if not bare or len(bare) > 100 or _PART.sub("", bare):
        raise ValueError("is no duration such as 1h, 30m or 1h30m (the longest unit is h)")
    length = timedelta(microseconds=0)
    try:
        for number, unit in _PART.findall(bare):
            length += timedelta(microseconds=float(number) * _UNITS[unit])
    except OverflowError:
        length = timedelta.max
    if length > _LONGEST:
        raise ValueError("is longer than 290 years")
    return -length if text[0] == "-" else length

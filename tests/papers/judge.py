"""Reads a calendar or a page from standard input as strictly as its standard says.

`judge.py ics` prints a line an event: UID, begin and end; `judge.py html` prints what follows each
heading's anchor. Both fail on whatever a strict reader would not take.
"""

import sys

data = sys.stdin.buffer.read()


def fail(why):
    sys.exit(why)


def ics():
    from icalendar import Calendar

    for line in data.split(b"\r\n"):
        if len(line) > 75 or b"\n" in line or b"\r" in line:
            fail(f"a line that RFC 5545 3.1 forbids: {line!r}")
    calendars = Calendar.from_ical(data, multiple=True)
    if len(calendars) != 1:
        fail(f"{len(calendars)} calendars")
    calendar = calendars[0]
    for key in ("VERSION", "PRODID"):
        if key not in calendar:
            fail(f"no {key}")
    seen = set()
    for part in calendar.walk():
        if part.errors:
            fail(f"{part.name}: {part.errors}")
        wanted = {
            "VEVENT": ("UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE", "CATEGORIES"),
            "VALARM": ("ACTION", "TRIGGER", "DESCRIPTION"),
        }.get(part.name, ())
        for key in wanted:
            if key not in part:
                fail(f"{part.name} without {key}")
        if part.name in ("VEVENT", "VALARM") and "UID" in part:
            if part["UID"] in seen:
                fail(f"{part['UID']} is there twice")
            seen.add(part["UID"])
    form = "%Y-%m-%dT%H:%M:%SZ"
    for event in calendar.walk("VEVENT"):
        begin, end = event.decoded("DTSTART"), event.decoded("DTEND", event.decoded("DTSTART"))
        if begin.utcoffset() is None or begin.utcoffset() or end < begin:
            fail(f"{event['UID']} is not in UTC, or ends before it begins")
        alarms = len(event.walk("VALARM"))
        print(event["UID"], begin.strftime(form), end.strftime(form), alarms)


def html():
    import html5lib

    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    page = parser.parse(data.decode())
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    if len(ids) != len(set(ids)):
        fail("an id is there twice")
    for link in page.iter("a"):
        if link.get("href", "").removeprefix("#") not in ids:
            fail(f"nothing is at {link.get('href')}")
    for heading in page.iter("h2"):
        print("".join(heading.itertext()))


{"ics": ics, "html": html}[sys.argv[1]]()

#!/usr/bin/env python3
"""Reads a page strictly: every element is closed in order, ids are there once and what refers to them finds them,
pictures have a text, and nothing comes from anywhere else. Prints what is wrong; exit code 1 if anything is.

    check_page.py PAGE [--links]    with links to pictures: they must lead to a file from the page's folder
"""
import os
import re
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

VOID = {"meta", "link", "input", "br", "img"}
REFERENCES = {"for", "aria-controls", "aria-labelledby"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.ids, self.wanted = [], [], set(), []

    def complain(self, what):
        self.wrong.append("line %d: %s" % (self.getpos()[0], what))

    def look(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.complain("%s has an attribute twice" % tag)
        values = dict(attributes)
        for name, value in attributes:
            if name in ("src", "href", "srcset", "action", "data") and not value.startswith(("data:", "#")):
                self.complain("%s %s=%s" % (tag, name, value[:60]))
            if name == "id" and value in self.ids:
                self.complain("id %s is there twice" % value)
            if name in REFERENCES:
                self.wanted.append(value)
            if name == "href" and value.startswith("#"):
                self.wanted.append(value[1:])
        self.ids.add(values.get("id"))
        if tag == "img" and not values.get("alt"):
            self.complain("a picture without a text")
        if values.get("role") == "img" and not values.get("aria-label"):
            self.complain("role img without a label")

    def handle_starttag(self, tag, attributes):
        self.look(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.look(tag, attributes)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.complain("</%s> closes nothing" % tag)


def complain_of_links(text, links):
    """Pictures that are no data: of the style sheets, and those that the script exchanges."""
    found = re.findall(r"url\((?!data:|\$)([^)]*)\)", text)
    found += re.findall(r'"(?:prediction|confidence|whole)":"(?!data:)([^"]*)"', text)
    if not links:
        return ["comes from elsewhere: %s" % link[:60] for link in found]
    folder = os.path.dirname(os.path.abspath(sys.argv[1]))
    wrong = [] if found else ["there are no links"]
    return wrong + ["leads nowhere: %s" % link for link in found
                    if not os.path.isfile(os.path.join(folder, unquote(link)))]


def main():
    links = "--links" in sys.argv[2:]
    with open(sys.argv[1], encoding="utf-8", errors="strict") as file:
        text = file.read()
    page = Page()
    page.feed(text)
    page.close()
    wrong = page.wrong + ["%s is never closed" % tag for tag in page.open]
    wrong += ["nothing has the id %s" % name for name in page.wanted if name not in page.ids]
    wrong += ["comes from elsewhere: %s" % found for found in re.findall(r"https?://\S{0,40}|@import", text)]
    wrong += complain_of_links(text, links)
    print("\n".join(wrong))
    return 1 if wrong else 0


sys.exit(main())

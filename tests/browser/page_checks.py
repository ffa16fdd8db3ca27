"""What tests ask of a page as it stands: is it accessible, does it fit."""

import pytest

SCRIPTS = [
    pytest.param({}, id="scripts"),
    pytest.param({"java_script_enabled": False}, id="no_scripts"),
]
DESK = {"width": 1440, "height": 900}
TABLET = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # those that a theme can break


AXE = """async options => {
    await Promise.allSettled(document.getAnimations().map(moving => moving.finished))
    const found = await axe.run({...options, resultTypes: ['violations'], preload: false})
    return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`))
}"""


def axe_violations(page, *, only=None, without=()):
    """What axe finds wrong, a line each; asked of all of WCAG 2.2 AA and of best practice, unless told which rules."""
    wanted = {"type": "rule", "values": only} if only else {"type": "tag", "values": STANDARDS}
    return page.evaluate(AXE, {"runOnly": wanted, "rules": {rule: {"enabled": False} for rule in without}})


def sideways(page):
    """How far the page scrolls sideways: nothing, or one line."""
    pixels = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"scrolls {pixels} px sideways"] if pixels else []


SPILLING = """() => {
    const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
    const range = document.createRange()
    const found = new Set(), apart = '.sr, pre, .drawing, option, textarea'  // some of these scroll by themselves
    while (texts.nextNode()) {
        const text = texts.currentNode, holder = text.parentElement
        if (!text.data.trim() || !holder.checkVisibility() || holder.closest(apart)) continue
        const box = holder.closest('td, th, li, dd, dt, article, section, aside, form, main').getBoundingClientRect()
        range.selectNodeContents(text)
        const place = range.getBoundingClientRect()
        if (place.right > box.right + 1 || place.left < box.left - 1) found.add(holder.outerHTML.slice(0, 200))
    }
    return [...found].map(html => `out of its box: ${html}`)
}"""


def spilling(page):
    """Whatever text sticks out sideways of the cell, card, row or section that holds it, a line each."""
    return page.evaluate(SPILLING)

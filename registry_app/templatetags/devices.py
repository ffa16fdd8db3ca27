"""The devices that people sign in with, as a browser tells them."""

# {word in a User-Agent: browser}. The first match counts, because most browsers name others too.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def name_of(user_agent):
    """Browser and system of a User-Agent, as “Firefox on Linux”; its first characters if they aren't known."""
    browser = next((name for word, name in BROWSERS.items() if word in user_agent), None)
    system = next((name for word, name in SYSTEMS.items() if word in user_agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return user_agent[:60] or "Unknown device"

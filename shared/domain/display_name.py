"""Names that people see: which ones are advertisements.

Owns the words. A name is refused only when it shows signs of two kinds, so that "BTC Analytics" and "Click Here Labs"
remain possible names.
"""

import re

SPAM_NAME_ERROR = "This name contains disallowed content."

_CURRENCY = re.compile(
    r"[$€£₿]|\b(?:btc|bitcoins?|eth|ethereum|usdt|usdc|crypto|airdrop|wallet|bonus|jackpot|payout)\b"
)
_VERB = re.compile(r"\b(?:click|claim|visit|tap|withdraw|collect|redeem|go to|sign up)\b")
_URGENCY = re.compile(r"\b(?:now|here|today|immediately|hurry|urgent|asap|expires)\b")
_SHORT_URL = re.compile(r"\b(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|is\.gd|ow\.ly|cutt\.ly|rb\.gy|t\.me|telegra\.ph)\b")


def is_spam_name(name: str) -> bool:
    """True when the name shows two of: money, a call to act at once, a shortened address."""
    text = name.lower()
    signs = (
        _CURRENCY.search(text) is not None,
        _VERB.search(text) is not None and _URGENCY.search(text) is not None,
        _SHORT_URL.search(text) is not None,
    )
    return sum(signs) >= 2

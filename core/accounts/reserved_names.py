"""Usernames that are reserved at sign-up. The admin and `createsuperuser` accept them.

Existing accounts keep theirs.
"""

from __future__ import annotations

import re

WORDS = r"""
    # Roles of the site: a user with such a name would be trusted.
      admin(s|istrator|istrators)? | sysadmin | superuser | root | staff | official | security | system
    | mod(s|erator|erators|eration)? | support | helpdesk
    # Mailboxes with a standard meaning (RFC 2142), should usernames become addresses.
    | abuse | contact | help | hostmaster | info | noreply | postmaster | webmaster
    # Host names, and paths that may exist beside profiles.
    | accounts? | api | assets | auth | ftp | graphql | log(in|out) | mail | media | metrics | password | settings
    | sign(in|out|up) | static | www
    # Words that a mention does not use as a name.
    | all | every(body|one) | me | myself | viewer | you
    # Placeholders of programs for a missing name.
    | anonymous | false | nil | nobody | none | null | true | undefined | unknown | user
    # Names given by trace imports, and shown for deleted accounts.
    | u[0-9]+ | deleted(user)?[0-9]*
"""
LOOKS = {"i": "[iI1]", "l": "[lL1I]", "m": "(?:[mM]|rn)", "o": "[oO0]"}
"""What is or looks like a letter, as in `adm1n` and `heIp`. Other letters only look like themselves."""
RESERVED = re.compile(
    re.sub("[a-z]", lambda a: LOOKS.get(a[0], f"[{a[0]}{a[0].upper()}]"), WORDS), re.VERBOSE
)


def is_reserved(username: str) -> bool:
    """Whether the username is or looks like a reserved one, ignoring case and underscores."""
    return RESERVED.fullmatch(username.replace("_", "")) is not None

"""Usernames that nobody can sign up with. The admin and `createsuperuser` can give them.

Accounts that have one already keep it.
"""

from __future__ import annotations

import re

from core.text import fold_case

RESERVED = re.compile(
    r"""
    # Who speaks for the site: a user of this name would be believed.
      admin(s|istrator|istrators)? | sysadmin | superuser | root | staff | official | security | system
    | mod(s|erator|erators|eration)? | support | helpdesk
    # Mailboxes with a meaning at every domain (RFC 2142), which a username may become the name of.
    | abuse | contact | help | hostmaster | info | noreply | postmaster | webmaster
    # Hosts, and addresses of pages that may stand beside profiles.
    | accounts? | api | assets | auth | ftp | graphql | log(in|out) | mail | media | metrics | password | settings
    | sign(in|out|up) | static | www
    # Whom a mention does not mean by name.
    | all | every(body|one) | me | myself | viewer | you
    # What programs write for a missing name.
    | anonymous | false | nil | nobody | none | null | true | undefined | unknown | user
    # Names that imports give, and that deleted accounts may be shown under.
    | u[0-9]+ | deleted(user)?[0-9]*
    """,
    re.VERBOSE,
)


def is_reserved(username: str) -> bool:
    """Whether it is one of them, whatever its case and underscores."""
    return RESERVED.fullmatch(fold_case(username).replace("_", "")) is not None

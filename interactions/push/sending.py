"""Sends pushes to the services for which this process has keys."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache

from django.conf import settings

from interactions.push.apns import APNs
from interactions.push.fcm import FCM
from interactions.push.metrics import PUSHES
from interactions.push.pushes import Push, PushOutcome, PushService, Result, Target
from interactions.push.requests import AddressRefused, Requests, Unreachable
from interactions.push.web_push import WebPush

logger = logging.getLogger(__name__)


class Sender:
    """The services by kind of target, and the connections to them."""

    def __init__(
        self, services: Mapping[str, PushService], *, own: Requests, of_users: Requests
    ) -> None:
        """`own`: requests to addresses of the operator. `of_users`: to addresses that users have chosen."""
        self._services = services
        self._own = own
        self._of_users = of_users

    async def send(self, target: Target, push: Push) -> Result | None:
        """What became of the push; None if this server has no key for the service."""
        service = self._services.get(target.kind)
        if service is None:
            return None
        requests = self._of_users if service.is_chosen_by_users else self._own
        try:
            request = await service.request(target, push)
            answer = await requests.post(request.url, request.headers, request.body)
        except Unreachable as error:
            result = Result(PushOutcome.LATER, str(error))
        except AddressRefused:
            result = Result(PushOutcome.FAILED, "its address is not public")
        else:
            result = service.result(answer)
        PUSHES.labels(target.kind, result.outcome.value).inc()
        if result.outcome in {PushOutcome.LATER, PushOutcome.FAILED}:
            # Neither address nor content: both are the user's.
            logger.warning(
                *("A push to target %d (%s) was not taken: %s.", target.id, target.kind),
                result.reason,
            )
        return result

    async def close(self) -> None:
        """Closes the connections."""
        await self._own.close()
        await self._of_users.close()


@cache
def push_sender() -> Sender:
    """The sender of this process, by its settings."""
    environment = settings.ENVIRONMENT
    own = Requests(public_only=False)
    of_users = Requests(public_only=not environment.push_private_addresses)
    services: dict[str, PushService] = {}
    if environment.vapid_private_key is not None:
        services["WEB_PUSH"] = WebPush(
            environment.vapid_private_key, environment.vapid_contact or ""
        )
    if environment.apns_key_file is not None:
        services["APNS"] = APNs(
            url=environment.apns_url,
            key_file=environment.apns_key_file,
            key_id=environment.apns_key_id or "",
            team_id=environment.apns_team_id or "",
            topic=environment.apns_topic or "",
        )
    if environment.fcm_account_file is not None:
        services["FCM"] = FCM(
            own, url=environment.fcm_url, account_file=environment.fcm_account_file
        )
    return Sender(services, own=own, of_users=of_users)

"""Django's SMTP backend, which also sends mails to addresses with other letters than those of ASCII before the @."""

from __future__ import annotations

from email import message_from_bytes, policy
from smtplib import SMTP

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp


class EmailBackend(smtp.EmailBackend):
    """Sends such mails by SMTPUTF8 (RFC 6531). Django would send them to an encoded word, which is no address."""

    def _send(self, email_message: EmailMessage) -> bool:
        """Whether the mail was sent. Errors: SMTPException; SMTPNotSupportedError for a server without SMTPUTF8."""
        recipients = email_message.recipients()
        if all(map(str.isascii, recipients)):
            sent: bool = super()._send(email_message)  # type: ignore[misc]  # its types leave this method out
            return sent
        message = message_from_bytes(email_message.message().as_bytes(), policy=policy.SMTP)
        message.replace_header("To", ", ".join(recipients))
        connection: SMTP = self.connection  # type: ignore[assignment]  # open while this runs
        connection.send_message(message, to_addrs=recipients)
        return True

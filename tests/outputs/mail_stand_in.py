"""A mail server of this machine."""

import asyncio
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail

from aiosmtpd import smtp
from aiosmtpd.smtp import Envelope, Session


@dataclass
class Mailbox:
    """A mail server that keeps what it takes; ``answers`` are what it says to the next messages."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    busy: threading.Event = field(default_factory=threading.Event)

    async def handle_DATA(self, server: smtp.SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == "cut":
            self._keep(envelope)
            server.transport.abort()  # taken, but the sender never hears of it
        elif answer == "wait":
            self._keep(envelope)
            self.busy.set()
            await asyncio.sleep(60)
        elif answer.startswith("250"):
            self._keep(envelope)
        return answer

    def _keep(self, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content))

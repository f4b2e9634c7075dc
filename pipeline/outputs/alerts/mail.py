import mimetypes
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from pipeline.outputs.alerts.errors import DeliveryError, TargetError
from pipeline.outputs.alerts.message import Message

TIMEOUT_SECONDS = 20.0
LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3: a path of 256 octets with its brackets
FIRST_LASTING = 500  # RFC 5321, 4.2.1: replies 5yz are permanent


@dataclass(frozen=True)
class MailServer:
    """The server that takes mail, as the operator set it."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    user: str | None = None
    password: SecretStr | None = None


def mailbox(text: str) -> str:
    """Check one address of mail and return it. Raises TargetError."""
    try:
        address = Address(addr_spec=text.strip())
    except (HeaderParseError, ValueError, IndexError):
        raise TargetError("Give one address of mail, like energy@example.org.") from None
    plain = address.addr_spec.isascii() and address.addr_spec.isprintable()
    if not address.username or "." not in f"{address.domain}." or not address.domain or not plain:
        raise TargetError("Give one address of mail, like energy@example.org.")
    if len(address.addr_spec) > LONGEST_ADDRESS:
        raise TargetError(f"An address of mail has at most {LONGEST_ADDRESS} characters.")
    return address.addr_spec


def send(target: str, message: Message, server: MailServer, attachments: Sequence[Path] = ()) -> None:
    """Send a message by SMTP. Raises DeliveryError where the server does not take it, TargetError for a bad address.

    Once the server has taken it nothing is raised any more, so that it is not sent again.
    """
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = message.subject, server.sender, mailbox(target)
    mail["Message-ID"] = f"<{message.key}@wattscape>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    mail.set_content(message.text)
    for path in attachments:
        kind, _encoding = mimetypes.guess_type(path.name)
        main, _slash, sub = (kind or "application/octet-stream").partition("/")
        mail.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=path.name)
    begun = taken = False
    try:
        with _session(server) as session:
            begun = True
            session.send_message(mail)
            taken = True
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise DeliveryError(
            f"The mail server does not take mail for {target}.", lasting=all(code >= FIRST_LASTING for code in codes)
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError("The mail server refuses WATTSCAPE_SMTP_USER with its password.") from error
    except (smtplib.SMTPException, OSError) as error:
        if taken:  # it failed at saying goodbye
            return
        raise DeliveryError(
            f"The mail server {server.host} did not take the message: {type(error).__name__}.",
            unclear=begun and not isinstance(error, smtplib.SMTPResponseException),
        ) from error


@contextmanager
def _session(server: MailServer) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    session: smtplib.SMTP = (
        smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
        if server.security == "tls"
        else smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    )
    with session:
        if server.security == "starttls":
            session.starttls(context=context)
        if server.user is not None:
            session.login(server.user, server.password.get_secret_value() if server.password else "")
        yield session

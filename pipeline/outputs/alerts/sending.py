from typing import Literal, get_args

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from pipeline.errors import SelectionError
from pipeline.outputs.alerts import mail, webhook
from pipeline.outputs.alerts.addresses import endpoint, networks
from pipeline.outputs.alerts.errors import DeliveryError
from pipeline.outputs.alerts.message import Message
from pipeline.settings import settings

Channel = Literal["mail", "webhook"]
TRIES = 3
FIRST_WAIT_SECONDS = 1.0


def check_target(channel: str, target: str) -> str:
    """Return a target as it is kept. Raises TargetError, SelectionError for a channel that does not exist."""
    match channel:
        case "mail":
            return mail.mailbox(target)
        case "webhook":
            endpoint(target.strip())
            return target.strip()
    raise SelectionError(f"The channel must be one of {', '.join(get_args(Channel))}.")


def send(channel: str, target: str, message: Message) -> int:
    """Send a message, three times at most with growing waits; returns the number of tries.

    Raises DeliveryError, at once where trying again would not help.
    """
    tries = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential(multiplier=FIRST_WAIT_SECONDS),
        retry=retry_if_exception(lambda error: isinstance(error, DeliveryError) and not error.lasting),
        reraise=True,
    )
    tries(_send_once, channel, target, message)
    return int(tries.statistics["attempt_number"])


def _send_once(channel: str, target: str, message: Message) -> None:
    if channel == "webhook":
        webhook.post(target, message, networks(settings().alert_networks))
        return
    mail.send(target, message, mail_server())


def mail_server() -> mail.MailServer:
    """Return the mail server of the settings. Raises DeliveryError where there is none."""
    chosen = settings()
    if chosen.smtp_host is None:
        raise DeliveryError("No mail server is set: an operator sets WATTSCAPE_SMTP_HOST.", lasting=True)
    return mail.MailServer(
        chosen.smtp_host,
        chosen.smtp_port,
        chosen.smtp_security,
        chosen.mail_from,
        chosen.smtp_user,
        chosen.smtp_password,
    )

"""Alerts over servers on this machine: what arrives, what is refused, and what is tried again."""

import smtplib
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from email import message_from_bytes
from email.message import Message as Mail

import pytest
from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from local_receivers import Hook, webhook_server
from pydantic import SecretStr

from pipeline.errors import SelectionError, UserError
from pipeline.outputs.alerts import addresses, mail, sending, webhook
from pipeline.outputs.alerts.errors import DeliveryError, TargetError
from pipeline.outputs.alerts.message import AlertEvent, Message, message
from pipeline.outputs.alerts.message import test_message as made_test_message
from pipeline.settings import settings

EVENT = AlertEvent(
    id=7,
    kind="level_shift",
    site="North\r\nBcc: all@example.org",
    meter="Main <b>",
    start=datetime(2025, 3, 3, 7),  # noqa: DTZ001 - local time of the site
    end=datetime(2025, 3, 4, 7),  # noqa: DTZ001 - local time of the site
    cost=Decimal("12.5"),
    currency="EUR",
    explanation="Twice as much\nas usual.",
)
MESSAGE = message("alert-3", EVENT.site, [EVENT], "https://energy.example/")
LOCAL = addresses.networks("127.0.0.0/8")


@dataclass
class Mailbox:
    """A mail server that keeps what it takes and refuses the addresses it is told to."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: smtp.SMTP, _session: Session, envelope: Envelope, address: str, _o: object
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: smtp.SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"

    def server(self, **more: object) -> mail.MailServer:
        return mail.MailServer(
            **({"host": "127.0.0.1", "port": self.port, "security": "none", "sender": "w@e.example"} | more)
        )  # type: ignore[arg-type]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox(port=free_port())

    def check(_server: smtp.SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data == LoginPassword(b"me", b"right"), handled=False)

    controller = Controller(box, "127.0.0.1", box.port, authenticator=check, auth_require_tls=False)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with webhook_server() as server:
        yield server


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sending, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setenv("WATTSCAPE_ALERT_NETWORKS", "127.0.0.0/8")
    settings.cache_clear()
    yield
    settings.cache_clear()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_message_says_what_happened_where_and_at_what_cost() -> None:
    assert MESSAGE.subject == "Wattscape: 1 anomaly at North Bcc: all@example.org"
    assert "Main <b>: level shift, 3 Mar 2025 07:00 to 4 Mar 2025 07:00, 12.50 EUR" in MESSAGE.text
    assert "Twice as much as usual." in MESSAGE.text
    assert "https://energy.example/anomalies?anomaly=7" in MESSAGE.text
    assert MESSAGE.payload["events"][0]["cost"] == "12.5"  # type: ignore[index]


def test_a_long_list_is_cut_in_the_text_and_whole_in_the_data() -> None:
    many = message("alert-4", "North", [EVENT] * 30, None)

    assert "and 10 more." in many.text
    assert "http" not in many.text
    assert many.payload["count"] == len(many.payload["events"]) == 30  # type: ignore[arg-type]


def test_mail_arrives_with_the_headers_that_are_ours_alone(mailbox: Mailbox) -> None:
    mail.send("energy@example.org", MESSAGE, mailbox.server())

    [got] = mailbox.mails
    assert got["To"] == "energy@example.org"
    assert got["Message-ID"] == "<alert-3@wattscape>"
    assert got["Bcc"] is None
    assert got["Subject"].endswith("North Bcc: all@example.org")


def test_mail_logs_in_where_a_user_is_set(mailbox: Mailbox) -> None:
    mail.send("a@b.example", MESSAGE, mailbox.server(user="me", password=SecretStr("right")))

    with pytest.raises(DeliveryError, match="WATTSCAPE_SMTP_USER") as wrong:
        mail.send("a@b.example", MESSAGE, mailbox.server(user="me", password=SecretStr("wrong")))
    assert len(mailbox.mails) == 1
    assert "wrong" not in str(wrong.value)


@pytest.mark.parametrize(("answer", "lasting"), [("550 nobody", True), ("451 later", False)])
def test_a_refused_mailbox_is_said_and_judged(mailbox: Mailbox, answer: str, *, lasting: bool) -> None:
    mailbox.refused["a@b.example"] = answer

    with pytest.raises(DeliveryError, match="does not take mail for") as error:
        mail.send("a@b.example", MESSAGE, mailbox.server())

    assert error.value.lasting is lasting


def test_a_server_without_tls_is_not_told_anything_where_tls_is_asked_for(mailbox: Mailbox) -> None:
    with pytest.raises(DeliveryError, match="did not take the message"):
        mail.send("a@b.example", MESSAGE, mailbox.server(security="starttls"))
    assert not mailbox.mails


def test_tls_from_the_start_is_asked_of_the_right_class(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise smtplib.SMTPConnectError(421, "busy")

    monkeypatch.setattr(smtplib, "SMTP_SSL", refuse)

    with pytest.raises(DeliveryError, match="SMTPConnectError"):
        mail.send("a@b.example", MESSAGE, mail.MailServer("127.0.0.1", 465, "tls", "w@e.example"))


@pytest.mark.parametrize(
    "target",
    ["", "nobody", "a@", "@b", "a@b.example\nBcc: c@d.example", "a@b.example, c@d.example", "x" * 250 + "@b.example"],
)
def test_what_is_no_single_address_of_mail_is_refused(target: str) -> None:
    with pytest.raises(TargetError):
        mail.mailbox(target)


def test_a_webhook_gets_json_under_its_own_name(hook: Hook) -> None:
    webhook.post(hook.url.replace("127.0.0.1", "localhost"), MESSAGE, addresses.networks("127.0.0.0/8, ::1/128"))

    assert hook.bodies == [MESSAGE.payload]
    assert hook.headers[0]["Host"].startswith("localhost:")
    assert hook.headers[0]["Idempotency-Key"] == "alert-3"


@pytest.mark.parametrize(("status", "lasting"), [(302, True), (404, True), (429, False), (500, False)])
def test_a_webhook_that_does_not_take_the_message_is_judged(hook: Hook, status: int, *, lasting: bool) -> None:
    hook.statuses = [status]

    with pytest.raises(DeliveryError) as error:
        webhook.post(hook.url, MESSAGE, LOCAL)

    assert error.value.lasting is lasting
    assert len(hook.bodies) == 1
    assert "key=1" not in str(error.value)


def test_a_webhook_that_nobody_listens_at_may_come_back() -> None:
    with pytest.raises(DeliveryError, match="did not answer: ConnectError") as error:
        webhook.post(f"http://127.0.0.1:{free_port()}/", MESSAGE, LOCAL)

    assert not error.value.lasting


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://169.254.169.254/latest/meta-data",
        "http://2852039166/",
        "http://0x7f.1/",
        "http://10.0.0.1/",
        "http://100.100.100.200/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1%25lo]/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
    ],
)
def test_an_address_inside_is_not_reached(url: str) -> None:
    with pytest.raises((DeliveryError, TargetError)):
        webhook.post(url, MESSAGE, ())


def test_an_operator_can_allow_a_network_and_only_that() -> None:
    inside = addresses.networks("10.1.0.0/16")

    assert addresses.permitted(addresses.ipaddress.ip_address("10.1.2.3"), inside)
    assert not addresses.permitted(addresses.ipaddress.ip_address("10.2.2.3"), inside)
    assert addresses.permitted(addresses.ipaddress.ip_address("93.184.216.34"), ())
    with pytest.raises(UserError, match="WATTSCAPE_ALERT_NETWORKS"):
        addresses.networks("ten dot one")


def test_a_host_that_resolves_to_an_address_inside_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)

    with pytest.raises(DeliveryError, match="an address inside"):
        webhook.post("https://evil.example/", MESSAGE, ())


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "file:///etc/passwd",
        "//a.example",
        "https://",
        "https://u:p@a.example/",
        "http://a b/",
        "http://[",
        "http://a:99999/",
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(TargetError):
        addresses.endpoint(url)


@pytest.mark.usefixtures("at_once")
def test_sending_tries_three_times_and_says_how_often(hook: Hook) -> None:
    hook.statuses = [503, 503, 200]

    assert sending.send("webhook", hook.url, MESSAGE) == 3
    assert [headers["Idempotency-Key"] for headers in hook.headers] == ["alert-3"] * 3


@pytest.mark.usefixtures("at_once")
def test_sending_gives_up_at_once_where_trying_again_would_not_help(hook: Hook) -> None:
    hook.statuses = [410]

    with pytest.raises(DeliveryError, match="410"):
        sending.send("webhook", hook.url, MESSAGE)
    assert len(hook.bodies) == 1


@pytest.mark.usefixtures("at_once")
def test_mail_is_sent_by_the_server_of_the_settings(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeliveryError, match="WATTSCAPE_SMTP_HOST"):
        sending.send("mail", "a@b.example", made_test_message("alert-9", "North"))

    for name, value in {"HOST": "127.0.0.1", "PORT": str(mailbox.port), "SECURITY": "none"}.items():
        monkeypatch.setenv(f"WATTSCAPE_SMTP_{name}", value)
    settings.cache_clear()

    assert sending.send("mail", "a@b.example", made_test_message("alert-9", "North")) == 1
    assert "Nothing has happened" in str(mailbox.mails[0].get_payload())


def test_a_target_is_checked_by_its_channel() -> None:
    assert sending.check_target("mail", " a@b.example ") == "a@b.example"
    assert sending.check_target("webhook", " https://a.example/x ") == "https://a.example/x"
    with pytest.raises(SelectionError):
        sending.check_target("pigeon", "a@b.example")


def test_messages_are_values() -> None:
    assert made_test_message("k", "S") == Message(
        "k", "Wattscape: test for S", made_test_message("k", "S").text, made_test_message("k", "S").payload
    )

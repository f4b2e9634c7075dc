import httpx

from pipeline.outputs.alerts.addresses import Network, endpoint, reachable
from pipeline.outputs.alerts.errors import DeliveryError
from pipeline.outputs.alerts.message import Message

TIMEOUT_SECONDS = 10.0
WORTH_ANOTHER_TRY = {408, 425, 429}


def post(url: str, message: Message, allowed: tuple[Network, ...]) -> None:
    """Send a message as JSON. Raises DeliveryError where the receiver does not answer 2xx, TargetError for a bad URL.

    The address that was checked is the one connected to; redirects are not followed, proxies are not asked and the
    answer's body is not read, because all of them are in a stranger's hands. ``Idempotency-Key`` is the same for the
    same message, so that the receiver can drop a second one.
    """
    where = endpoint(url)
    address = reachable(where, allowed)
    target = httpx.URL(url)
    request = httpx.Request(
        "POST",
        target.copy_with(host=str(address)),
        json=message.payload,
        headers={
            "Host": target.netloc.decode("ascii"),
            "User-Agent": "Wattscape",
            "Idempotency-Key": message.key,
        },
        extensions={"sni_hostname": where.host, "timeout": httpx.Timeout(TIMEOUT_SECONDS).as_dict()},
    )
    try:
        with httpx.Client(trust_env=False, follow_redirects=False, timeout=TIMEOUT_SECONDS) as client:
            answer = client.send(request, stream=True)
            answer.close()
    except httpx.HTTPError as error:
        raise DeliveryError(f"{where.host} did not answer: {type(error).__name__}.") from error
    _judge(where.host, answer)


def _judge(host: str, answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if answer.is_redirect:
        raise DeliveryError(f"{host} sent the message elsewhere ({status}): give the final URL.", lasting=True)
    lasting = answer.is_client_error and status not in WORTH_ANOTHER_TRY
    raise DeliveryError(f"{host} refused the message with status {status}.", lasting=lasting)

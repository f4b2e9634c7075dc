from pipeline.errors import UserError, WattscapeError


class TargetError(UserError):
    """An address or URL that no alert can be sent to; the sentence says what is wrong."""


class DeliveryError(WattscapeError):
    """A message that did not arrive, or ``unclear``: may have; ``lasting`` says that trying again would not help."""

    def __init__(self, sentence: str, *, lasting: bool = False, unclear: bool = False) -> None:
        super().__init__(sentence)
        self.lasting, self.unclear = lasting, unclear

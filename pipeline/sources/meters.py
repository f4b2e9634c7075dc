"""The names of meters: numbered in the order of appearance, over all blocks of a source."""

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.sources.frame import Mapping
from pipeline.sources.table import Booleans, Integers

LONGEST_NAME = 200


class MeterNames:
    """Numbers the meters. A meter is an entity, or each value column of an entity where there are several."""

    def __init__(self, mapping: Mapping, stem: str) -> None:
        self._mapping, self._stem = mapping, stem
        self._numbers: dict[str, int] = {} if mapping.entity_columns else {"": 0}

    def __len__(self) -> int:
        return len(self._numbers) * self._columns

    @property
    def _columns(self) -> int:
        return 1 if self._mapping.across else len(self._mapping.value_columns)

    def codes(self, columns: pa.Table, entities: tuple[str, ...], count: int) -> tuple[Integers, Booleans]:
        """Return the number of each row's entity and whether one is named at all."""
        if not entities:
            return np.zeros(count, np.int64), np.ones(count, bool)
        texts, codes = _distinct(columns, entities)
        known = np.array([self._number(text) for text in texts], np.int64)
        numbers = known[codes] if len(known) else np.zeros(count, np.int64)
        return numbers, numbers >= 0

    def names(self) -> list[str]:
        """Return the name of each meter by its number."""
        single = self._columns == 1
        columns = [""] if single else list(self._mapping.value_columns)
        return [self._name(entity, column) for entity in self._numbers for column in columns]

    def _name(self, entity: str, column: str) -> str:
        """Join what tells meters apart; a name given by hand stands alone, or in front where there are several."""
        lone = len(self._numbers) == 1
        given = self._mapping.meter
        if given:
            parts = [given, "" if lone else entity, column]
        elif self._mapping.entity_columns:
            parts = [entity, column]
        else:
            parts = [self._stem, column or "".join(self._mapping.value_columns[:1])]
        return " ".join(part for part in parts if part)[:LONGEST_NAME]

    def _number(self, text: str) -> int:
        if not text:
            return -1
        return self._numbers.setdefault(text, len(self._numbers))


def _distinct(columns: pa.Table, entities: tuple[str, ...]) -> tuple[list[str], Integers]:
    """Return the distinct names of a block and which one each row has."""
    parts = [_encoded(columns[name]) for name in entities]
    if len(parts) == 1:
        return parts[0]
    frame = pd.DataFrame({position: codes for position, (_, codes) in enumerate(parts)})
    groups = frame.groupby(list(frame.columns), sort=False)
    codes = groups.ngroup().to_numpy().astype(np.int64)
    firsts = frame.drop_duplicates().to_numpy()
    texts = [" ".join(filter(None, (parts[column][0][code] for column, code in enumerate(row)))) for row in firsts]
    return texts, codes


def _encoded(column: pa.ChunkedArray) -> tuple[list[str], Integers]:
    encoded = column if pa.types.is_dictionary(column.type) else column.cast(pa.string()).dictionary_encode()
    whole = encoded.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], encoded.type)
    texts = [" ".join((text or "").replace("\x00", "").split()) for text in whole.dictionary.to_pylist()]
    codes = whole.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False).astype(np.int64)
    return [*texts, ""], codes

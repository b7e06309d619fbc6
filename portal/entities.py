"""Entities read as plain columns, and given to the session as loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state, set_committed_value

from portal.database import Base

Entity = TypeVar("Entity", bound=Base)


class Whole(Generic[Entity]):
    """An entity among the columns of a statement, which is given to the session as loaded.

    For what is asked at nearly every visit: a query for the same entities costs more than twice as much, most
    of it to find out anew each time which column belongs where.
    """

    def __init__(self, entity: type[Entity]) -> None:
        mapper = inspect(entity)
        self._entity, self._manager = entity, mapper.class_manager
        self.columns = tuple(mapper.local_table.c)
        self._names = tuple(mapper.get_property_by_column(each).key for each in self.columns)
        # By its key the session knows what it has already; here it is a table's first columns.
        self._key = len(mapper.primary_key)
        assert mapper.primary_key == self.columns[: self._key]

    def of(self, db: Session, values: Sequence[Any], *, anew: bool = False, **beside: Any) -> Entity | None:
        """The entity with these values, and with what was read beside; None where an outer join found none.

        What the session has already stays as it is, but for what is read beside; `anew`, as it was read now.
        """
        if values[0] is None:
            return None
        key: Any = (self._entity, tuple(values[: self._key]), None)
        known = db.identity_map.get(key)
        entity: Entity = self._loaded(db, key, values) if known is None else cast(Entity, known)
        if known is not None and anew:
            beside = dict(zip(self._names, values, strict=True)) | beside
        for name, value in beside.items():
            set_committed_value(entity, name, value)
        return entity

    def _loaded(self, db: Session, key: Any, values: Sequence[Any]) -> Entity:
        entity = cast(Entity, self._manager.new_instance())
        state = instance_state(entity)
        state.key, state.session_id = key, db.hash_key
        state.dict.update(zip(self._names, values, strict=True))
        db.identity_map.add(state)
        return entity

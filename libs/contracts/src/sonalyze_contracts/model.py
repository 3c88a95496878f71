"""The base of everything that crosses a wire."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A frozen value; fields that it does not know are ignored, so older and newer peers meet."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        allow_inf_nan=False,
        from_attributes=True,
        populate_by_name=True,
    )

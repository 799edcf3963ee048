"""Lists of dtype names."""

from theano.scalar.dtypes import (
    ALL_DTYPES,
    COMPLEX_DTYPES,
    CONTINUOUS_DTYPES,
    DISCRETE_DTYPES,
    FLOAT_DTYPES,
    INT_DTYPES,
    UINT_DTYPES,
)

__all__ = [
    "all_dtypes",
    "complex_dtypes",
    "continuous_dtypes",
    "discrete_dtypes",
    "float_dtypes",
    "int_dtypes",
    "integer_dtypes",
    "uint_dtypes",
]

int_dtypes = list(INT_DTYPES)
uint_dtypes = list(UINT_DTYPES)
integer_dtypes = int_dtypes + uint_dtypes
float_dtypes = list(FLOAT_DTYPES)
complex_dtypes = list(COMPLEX_DTYPES)
discrete_dtypes = list(DISCRETE_DTYPES)
continuous_dtypes = list(CONTINUOUS_DTYPES)
all_dtypes = list(ALL_DTYPES)

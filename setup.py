"""Builds the C extension beside its source: `python setup.py build_ext --inplace`.

The product runs from its checkout and is not installed as a package. It also works without the extension.
"""

from setuptools import Extension, setup  # type: ignore[import-untyped]  # one call needs no stubs

setup(
    packages=[],
    ext_modules=[
        Extension(
            "core.native.row_template",
            ["core/native/row_template.c"],
            extra_compile_args=["-O3"],
            optional=True,
        )
    ],
)

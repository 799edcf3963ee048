"""Native CPU backend: kernels in machine code, run by a plan executor in C.

Nothing here is imported until a function is compiled. Parts: `backend` (entry), `assembly` (plans for the runtime),
`kernels` (machine code), `calls` (library routines), `runtime` (C sources).
"""

/* Profiles, see records.c. */
#ifndef THEANO_RECORDS_H
#define THEANO_RECORDS_H

#include "runtime.h"

double rt_seconds(void);
int rt_records_setup(Plan *p, PyObject *factors);
void rt_record(Call *c, const Thunk *t, double seconds);
PyObject *rt_step_records(PyObject *self, PyObject *unused);
PyObject *rt_loop_records(PyObject *self, PyObject *unused);
double rt_peak_flops(void);

#endif

// OpenMP, or a single thread where the compiler has none, as Apple's.
#pragma once

#ifdef _OPENMP
#include <omp.h>
#else
static inline int omp_get_thread_num() { return 0; }
static inline int omp_get_num_threads() { return 1; }
#endif

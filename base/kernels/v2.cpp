/// The inner loops for x86-64-v2, and for machines of other makes; see loops.inc.
#define TROUPE_KERNELS kernels_v2
#define TROUPE_STATE_KERNELS state_kernels_v2
#include "base/kernels/loops.inc"

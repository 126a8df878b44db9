/* Up to how many classes a work-item of a loss or of the metrics keeps a vector for each of them, and of the
 * metrics a table of counts (1 KiB at 16 classes). With more their kernels are built with MANY and keep
 * neither: twice as slow where both could be, but private memory does not grow with the classes, and neither
 * does the time to build. */
#ifndef OPS_FEW_CLASSES_H
#define OPS_FEW_CLASSES_H

enum { SW_FEW_CLASSES = 16 };

#endif

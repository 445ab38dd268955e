/* As NuttX has it: true and false are no numbers for an #if. */
#ifndef STAND_IN_STDBOOL_H
#define STAND_IN_STDBOOL_H

#define bool _Bool
#define true (bool)1
#define false (bool)0
#define __bool_true_false_are_defined 1

#endif

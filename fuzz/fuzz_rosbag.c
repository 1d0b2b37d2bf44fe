/* SPDX-License-Identifier: MIT */
/* ROS 1 bags. */
#include "events.h"

FUZZ_FORMAT("rosbag")

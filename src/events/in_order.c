/* SPDX-License-Identifier: MIT */
#include "events/in_order.h"

#include <inttypes.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/sort.h"

/* Sorts what is held, if it has to be. */
static vdib_status sort_held(vdib__in_order *order) {
    if (!order->late)
        return VDIB_OK;
    order->late = false;
    if (order->spare == NULL)
        VDIB_TRY(VDIB_NEW_UNSET(&order->spare, order->capacity));
    vdib__events_sort(&order->held, &order->spare, order->count);
    return VDIB_OK;
}

static vdib_status deliver(vdib__in_order *order, size_t count) {
    VDIB_TRY(sort_held(order));
    if (count == 0)
        return VDIB_OK;
    if (order->delivered > 0 && order->held[0].t < order->last)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: an event at %" PRId64 " us comes more than %d events after one at %" PRId64
                          " us; have the whole recording sorted (--sort)",
                          order->path, order->held[0].t, VDIB_IN_ORDER_WINDOW, order->last);
    order->last = order->held[count - 1].t;
    order->delivered += count;
    VDIB_TRY(order->deliver(order->user, order->held, count));
    order->count -= count;
    memmove(order->held, order->held + count, order->count * sizeof *order->held);
    return VDIB_OK;
}

static vdib_status make_room(vdib__in_order *order) {
    enum { ROOM = 2 * VDIB_IN_ORDER_WINDOW };
    if (order->count < order->capacity)
        return VDIB_OK;
    if (!order->whole && order->capacity > 0)
        return deliver(order, order->count - VDIB_IN_ORDER_WINDOW);
    if (order->count >= VDIB_EVENTS_MOST)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: has more than %zu events, too many to be sorted as a whole; convert it in parts, by time", order->path,
            VDIB_EVENTS_MOST);
    return VDIB_RESERVE(&order->held, &order->capacity, order->count + ROOM);
}

vdib_status vdib__in_order_put(vdib__in_order *order, const vdib_event *events, size_t count) {
    while (count > 0) {
        VDIB_TRY(make_room(order));
        size_t room = order->capacity - order->count, some = count < room ? count : room;
        vdib_event *at = order->held + order->count;
        int64_t latest = order->begun ? order->latest : events[0].t;
        size_t late = 0;
        for (size_t i = 0; i < some; i++) {
            at[i] = events[i];
            late += events[i].t < latest;
            latest = events[i].t > latest ? events[i].t : latest;
        }
        order->begun = true;
        order->latest = latest;
        order->late |= late > 0;
        order->moved += late;
        order->count += some;
        events += some;
        count -= some;
    }
    return VDIB_OK;
}

vdib_status vdib__in_order_end(vdib__in_order *order) {
    return deliver(order, order->count);
}

void vdib__in_order_free(vdib__in_order *order) {
    vdib__free(order->held);
    vdib__free(order->spare);
    order->held = order->spare = NULL;
}

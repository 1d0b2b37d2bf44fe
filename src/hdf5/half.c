/* SPDX-License-Identifier: MIT */
/* Half precision, as SHD and SSC have their times: libhdf5 converts it bit by bit, which takes most of the time that
 * such a file takes. */
#include "hdf5/server.h"

/* IEEE 754: binary16 to binary32, which has every value of it. */
static float single_of(uint16_t half) {
    enum { BIAS = 127 - 15, FRACTION = 23 - 10 };
    uint32_t sign = (uint32_t)(half >> 15) << 31, exponent = half >> 10 & 31, fraction = half & 1023, bits;
    float single;
    if (exponent == 0) { /* zero and subnormal: a multiple of 2^-24 */
        single = (float)fraction * 0x1p-24F;
        return sign != 0 ? -single : single;
    }
    bits = sign | (exponent == 31 ? 255 : exponent + BIAS) << 23 | fraction << FRACTION;
    memcpy(&single, &bits, sizeof single);
    return single;
}

/* From the last element on, because they grow where they are. */
static void widen(uint8_t *bytes, size_t count, size_t stride) {
    size_t from = stride != 0 ? stride : sizeof(uint16_t), to = stride != 0 ? stride : sizeof(float);
    for (size_t i = count; i-- > 0;) {
        const uint8_t *at = bytes + i * from;
        float value = single_of((uint16_t)(at[0] | at[1] << 8));
        memcpy(bytes + i * to, &value, sizeof value);
    }
}

static herr_t convert(hid_t from, hid_t to, H5T_cdata_t *data, size_t count, size_t stride, size_t background_stride,
                      void *values, void *background, hid_t transfer) {
    (void)from;
    (void)to;
    (void)background_stride;
    (void)background;
    (void)transfer;
    if (data->command == H5T_CONV_INIT)
        data->need_bkg = H5T_BKG_NO;
    if (data->command == H5T_CONV_CONV)
        widen(values, count, stride);
    return 0;
}

bool register_half(void) {
    hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    bool fine = half >= 0 && H5Tset_fields(half, 15, 10, 5, 0, 10) >= 0 && H5Tset_size(half, sizeof(uint16_t)) >= 0 &&
                H5Tset_ebias(half, 15) >= 0 && H5Tregister(H5T_PERS_HARD, "half", half, H5T_NATIVE_FLOAT, convert) >= 0;
    if (half >= 0)
        H5Tclose(half);
    return fine;
}

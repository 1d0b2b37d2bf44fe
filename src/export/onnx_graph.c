/* SPDX-License-Identifier: MIT */
#include "export/onnx_graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "onnx.pb-c.h"
#include "vdib/vdib.h"

/* Values of ONNX's types. */
enum { TYPE_FLOAT = 1, TYPE_INT64 = 7, ATTRIBUTE_INT = 2, ATTRIBUTE_INTS = 7 };

/* Messages of more bytes than protobuf can count are no file that any program reads. */
static const size_t MOST_BYTES = INT32_MAX;

/* A growing list of messages, as generated code wants it. */
typedef struct list {
    void **items; /* (count) */
    size_t count, capacity;
} list;

struct vdib__onnx {
    vdib_status status; /* of the first failure */
    list blocks;        /* everything that is freed with the graph */
    list nodes, constants, inputs, outputs, properties;
    Vdib__Onnx__Graph graph;
};

/* ---- memory ---- */

static void *keep(vdib__onnx *graph, size_t size) {
    void *block = NULL;
    if (graph->status == VDIB_OK)
        graph->status = VDIB_RESERVE(&graph->blocks.items, &graph->blocks.capacity, graph->blocks.count + 1);
    if (graph->status == VDIB_OK)
        graph->status = vdib__allocate(1, size, &block);
    if (graph->status == VDIB_OK)
        graph->blocks.items[graph->blocks.count++] = block;
    return block;
}

static void append(vdib__onnx *graph, list *to, void *item) {
    if (graph->status == VDIB_OK)
        graph->status = VDIB_RESERVE(&to->items, &to->capacity, to->count + 1);
    if (graph->status == VDIB_OK)
        to->items[to->count++] = item;
}

/* Texts of messages are not const in generated code, but only read. */
static char *copy(vdib__onnx *graph, const char *text) {
    char *made = keep(graph, strlen(text) + 1);
    return made != NULL ? strcpy(made, text) : (char *)"";
}

const char *vdib__onnx_text(vdib__onnx *graph, const char *format, ...) {
    char text[512];
    va_list values;
    va_start(values, format);
    vdib__vformat(text, sizeof text, format, values);
    va_end(values);
    return copy(graph, text);
}

vdib_status vdib__onnx_create(const char *name, vdib__onnx **graph) {
    vdib__onnx *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib__onnx__graph__init(&made->graph);
    made->graph.name = copy(made, name);
    vdib_status status = made->status;
    if (status == VDIB_OK)
        *graph = made;
    else
        vdib__onnx_destroy(made);
    return status;
}

void vdib__onnx_destroy(vdib__onnx *graph) {
    if (graph == NULL)
        return;
    for (size_t i = 0; i < graph->blocks.count; i++)
        vdib__free(graph->blocks.items[i]);
    vdib__free(graph->blocks.items);
    vdib__free(graph->nodes.items);
    vdib__free(graph->constants.items);
    vdib__free(graph->inputs.items);
    vdib__free(graph->outputs.items);
    vdib__free(graph->properties.items);
    vdib__free(graph);
}

vdib_status vdib__onnx_status(const vdib__onnx *graph) {
    return graph->status;
}

/* ---- inputs and outputs ---- */

/* An axis of the type's shape: `name` if its size is open. */
static void add_axis(vdib__onnx *graph, Vdib__Onnx__Shape *shape, list *axes, const char *name, size_t size) {
    Vdib__Onnx__Dimension *axis = keep(graph, sizeof *axis);
    if (axis == NULL)
        return;
    vdib__onnx__dimension__init(axis);
    axis->dim_param = name != NULL ? copy(graph, name) : NULL;
    axis->has_dim_value = name == NULL;
    axis->dim_value = (int64_t)size;
    append(graph, axes, axis);
    shape->dim = (Vdib__Onnx__Dimension **)axes->items;
    shape->n_dim = axes->count;
}

static Vdib__Onnx__Type *type_of(vdib__onnx *graph, size_t rank, const size_t *sizes) {
    Vdib__Onnx__Type *type = keep(graph, sizeof *type);
    Vdib__Onnx__TensorType *tensor = keep(graph, sizeof *tensor);
    Vdib__Onnx__Shape *shape = keep(graph, sizeof *shape);
    void **items = keep(graph, (rank + 1) * sizeof *items);
    if (graph->status != VDIB_OK)
        return NULL;
    vdib__onnx__type__init(type);
    vdib__onnx__tensor_type__init(tensor);
    vdib__onnx__shape__init(shape);
    list axes = {.items = items, .capacity = rank + 1};
    add_axis(graph, shape, &axes, "batch", 0);
    for (size_t a = 0; a < rank; a++)
        add_axis(graph, shape, &axes, NULL, sizes[a]);
    tensor->has_elem_type = 1;
    tensor->elem_type = TYPE_FLOAT;
    tensor->shape = shape;
    type->tensor_type = tensor;
    return type;
}

static void add_value(vdib__onnx *graph, list *to, const char *name, size_t rank, const size_t *shape,
                      const char *help) {
    Vdib__Onnx__ValueInfo *value = keep(graph, sizeof *value);
    if (value == NULL)
        return;
    vdib__onnx__value_info__init(value);
    value->name = copy(graph, name);
    value->doc_string = copy(graph, help);
    value->type = type_of(graph, rank, shape);
    append(graph, to, value);
}

const char *vdib__onnx_input(vdib__onnx *graph, const char *name, size_t rank, const size_t *shape, const char *help) {
    add_value(graph, &graph->inputs, name, rank, shape, help);
    return name;
}

void vdib__onnx_output(vdib__onnx *graph, const char *name, size_t rank, const size_t *shape, const char *help) {
    add_value(graph, &graph->outputs, name, rank, shape, help);
}

/* ---- constants ---- */

static Vdib__Onnx__Tensor *add_constant(vdib__onnx *graph, const char *name, size_t rank, int type) {
    Vdib__Onnx__Tensor *tensor = keep(graph, sizeof *tensor);
    int64_t *dims = keep(graph, (rank + 1) * sizeof *dims);
    if (graph->status != VDIB_OK)
        return NULL;
    vdib__onnx__tensor__init(tensor);
    tensor->name = copy(graph, name);
    tensor->n_dims = rank;
    tensor->dims = dims;
    tensor->has_data_type = tensor->has_raw_data = 1;
    tensor->data_type = type;
    append(graph, &graph->constants, tensor);
    return tensor;
}

/* A float tensor whose bytes are still to be given. */
static Vdib__Onnx__Tensor *add_floats(vdib__onnx *graph, const char *name, size_t rank, const size_t *shape) {
    Vdib__Onnx__Tensor *tensor = add_constant(graph, name, rank, TYPE_FLOAT);
    size_t bytes = sizeof(float);
    for (size_t a = 0; a < rank && tensor != NULL; a++) {
        tensor->dims[a] = (int64_t)shape[a];
        bytes *= shape[a];
    }
    if (tensor != NULL)
        tensor->raw_data.len = bytes;
    return tensor;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "arrays go to files as they are");

const char *vdib__onnx_weights(vdib__onnx *graph, const char *name, size_t rank, const size_t *shape,
                               const float *values) {
    Vdib__Onnx__Tensor *tensor = add_floats(graph, name, rank, shape);
    if (tensor != NULL)
        tensor->raw_data.data = (uint8_t *)values;
    return name;
}

float *vdib__onnx_array(vdib__onnx *graph, const char *name, size_t rank, const size_t *shape) {
    Vdib__Onnx__Tensor *tensor = add_floats(graph, name, rank, shape);
    float *values = tensor != NULL ? keep(graph, tensor->raw_data.len + 1) : NULL;
    if (values != NULL)
        tensor->raw_data.data = (uint8_t *)values;
    return values;
}

const char *vdib__onnx_scalar(vdib__onnx *graph, const char *name, float value) {
    float *values = vdib__onnx_array(graph, name, 0, NULL);
    if (values != NULL)
        values[0] = value;
    return name;
}

const char *vdib__onnx_whole(vdib__onnx *graph, const char *name, size_t count, const int64_t *values) {
    Vdib__Onnx__Tensor *tensor = add_constant(graph, name, 1, TYPE_INT64);
    void *bytes = keep(graph, count * sizeof *values);
    if (graph->status != VDIB_OK)
        return name;
    memcpy(bytes, values, count * sizeof *values);
    tensor->dims[0] = (int64_t)count;
    tensor->raw_data = (ProtobufCBinaryData){.len = count * sizeof *values, .data = bytes};
    return name;
}

/* ---- nodes ---- */

enum { MOST_INPUTS = 3, MOST_ATTRIBUTES = 4 };

const char *vdib__onnx_node(vdib__onnx *graph, const char *op, const char *output, const char *a, const char *b,
                            const char *c) {
    const char *const inputs[MOST_INPUTS] = {a, b, c};
    Vdib__Onnx__Node *node = keep(graph, sizeof *node);
    char **texts = keep(graph, (MOST_INPUTS + 1) * sizeof *texts);
    void *attributes = keep(graph, MOST_ATTRIBUTES * sizeof(Vdib__Onnx__Attribute *));
    if (graph->status != VDIB_OK)
        return output;
    vdib__onnx__node__init(node);
    node->name = copy(graph, output);
    node->op_type = copy(graph, op);
    node->input = texts;
    for (size_t i = 0; i < MOST_INPUTS && inputs[i] != NULL; i++)
        texts[node->n_input++] = copy(graph, inputs[i]);
    node->output = texts + MOST_INPUTS;
    node->output[0] = node->name;
    node->n_output = 1;
    node->attribute = attributes;
    append(graph, &graph->nodes, node);
    return output;
}

static Vdib__Onnx__Attribute *add_attribute(vdib__onnx *graph, const char *name, int type) {
    Vdib__Onnx__Attribute *attribute = keep(graph, sizeof *attribute);
    if (graph->status != VDIB_OK)
        return NULL;
    Vdib__Onnx__Node *node = graph->nodes.items[graph->nodes.count - 1];
    vdib__onnx__attribute__init(attribute);
    attribute->name = copy(graph, name);
    attribute->has_type = 1;
    attribute->type = type;
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

void vdib__onnx_number(vdib__onnx *graph, const char *name, int64_t value) {
    Vdib__Onnx__Attribute *attribute = add_attribute(graph, name, ATTRIBUTE_INT);
    if (attribute == NULL)
        return;
    attribute->has_i = 1;
    attribute->i = value;
}

void vdib__onnx_numbers(vdib__onnx *graph, const char *name, size_t count, const int64_t *values) {
    Vdib__Onnx__Attribute *attribute = add_attribute(graph, name, ATTRIBUTE_INTS);
    int64_t *numbers = keep(graph, count * sizeof *numbers);
    if (graph->status != VDIB_OK)
        return;
    memcpy(numbers, values, count * sizeof *numbers);
    attribute->ints = numbers;
    attribute->n_ints = count;
}

const char *vdib__onnx_reshape(vdib__onnx *graph, const char *output, const char *x, size_t rank, const size_t *shape) {
    enum { MOST_AXES = 4 };
    int64_t sizes[MOST_AXES + 1] = {-1}; /* the batch */
    for (size_t a = 0; a < rank; a++)
        sizes[a + 1] = (int64_t)shape[a];
    const char *name = vdib__onnx_whole(graph, vdib__onnx_text(graph, "%s.shape", output), rank + 1, sizes);
    return vdib__onnx_node(graph, "Reshape", output, x, name, NULL);
}

void vdib__onnx_property(vdib__onnx *graph, const char *key, const char *value) {
    Vdib__Onnx__Property *property = keep(graph, sizeof *property);
    if (property == NULL)
        return;
    vdib__onnx__property__init(property);
    property->key = copy(graph, key);
    property->value = (char *)value;
    append(graph, &graph->properties, property);
}

/* ---- writing ---- */

/* Where protobuf's bytes go; the first failure is kept. */
typedef struct file_buffer {
    ProtobufCBuffer base;
    vdib__writer *writer;
    vdib_status status;
} file_buffer;

static void put(ProtobufCBuffer *buffer, size_t size, const uint8_t *bytes) {
    file_buffer *to = (file_buffer *)buffer;
    if (to->status == VDIB_OK)
        to->status = vdib__writer_put(to->writer, bytes, size);
}

static vdib_status write_message(const Vdib__Onnx__Model *model, const char *path) {
    vdib__writer writer;
    size_t size = vdib__onnx__model__get_packed_size(model);
    if (size > MOST_BYTES)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "%s: the part has %zu bytes, and an ONNX file has less than 2 GiB; train a smaller one", path,
                          size);
    VDIB_TRY(vdib__writer_open(&writer, path));
    file_buffer buffer = {.base = {.append = put}, .writer = &writer};
    vdib__onnx__model__pack_to_buffer(model, &buffer.base);
    if (buffer.status == VDIB_OK)
        return vdib__writer_commit(&writer);
    vdib__writer_abandon(&writer);
    return buffer.status;
}

vdib_status vdib__onnx_write(const vdib__onnx *graph, const char *path) {
    if (graph->status != VDIB_OK)
        return graph->status;
    Vdib__Onnx__Graph made = graph->graph;
    made.node = (Vdib__Onnx__Node **)graph->nodes.items;
    made.n_node = graph->nodes.count;
    made.initializer = (Vdib__Onnx__Tensor **)graph->constants.items;
    made.n_initializer = graph->constants.count;
    made.input = (Vdib__Onnx__ValueInfo **)graph->inputs.items;
    made.n_input = graph->inputs.count;
    made.output = (Vdib__Onnx__ValueInfo **)graph->outputs.items;
    made.n_output = graph->outputs.count;
    Vdib__Onnx__OperatorSet set = VDIB__ONNX__OPERATOR_SET__INIT, *sets[] = {&set};
    set.domain = (char *)"";
    set.has_version = 1;
    set.version = VDIB_ONNX_OPSET;
    Vdib__Onnx__Model model = VDIB__ONNX__MODEL__INIT;
    model.has_ir_version = 1;
    model.ir_version = VDIB_ONNX_IR;
    model.producer_name = (char *)"vdib";
    model.producer_version = (char *)VDIB_VERSION;
    model.graph = &made;
    model.opset_import = sets;
    model.n_opset_import = 1;
    model.metadata_props = (Vdib__Onnx__Property **)graph->properties.items;
    model.n_metadata_props = graph->properties.count;
    return write_message(&model, path);
}

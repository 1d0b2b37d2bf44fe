// SPDX-License-Identifier: MIT
// The same in C++: trains on data that are fetched when they are needed, breaks off, goes on, and writes the run's report.
//
//     c++ own_data.cpp -lvdib -o own_data
//     ./own_data runs/own
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include <vdib/vdib.h>

namespace {

constexpr std::size_t channels = 24, steps = 12, classes = 2, side = 4, train = 200, test = 40;

void check(vdib_status status) {
    if (status != VDIB_OK)
        throw std::runtime_error(vdib_last_message());
}

// A struct of the library with its size set and every other member 0.
template <typename Struct> Struct sized() {
    Struct made{};
    made.size = sizeof made;
    return made;
}

using dataset = std::unique_ptr<vdib_dataset, decltype(&vdib_dataset_destroy)>;
using config = std::unique_ptr<vdib_config, decltype(&vdib_config_destroy)>;
using run = std::unique_ptr<vdib_run, decltype(&vdib_run_destroy)>;

// Example `index` of a split: the class spikes in its own half of the channels; its target is a picture. Called by the library, from
// any of its threads, so nothing is thrown from here.
vdib_status fetch(void *, vdib_split split, std::size_t index, vdib_fetched *example) noexcept {
    std::mt19937 random(static_cast<unsigned>(1000 * split + index));
    const std::uint32_t label = random() % classes;
    std::uint32_t when[40], where[40];
    for (int i = 0; i < 40; i++) {
        const std::uint32_t half = random() % 100 < 85 ? label : 1 - label;
        when[i] = static_cast<std::uint32_t>(random() % steps);
        where[i] = static_cast<std::uint32_t>(half * channels / 2 + random() % (channels / 2));
    }
    for (std::size_t p = 0; p < side * side; p++)
        example->target[p] = p % side / 2 == label ? 0.9F : 0.1F;
    example->label = label;
    return vdib_raster_from_pairs(example->raster, when, where, 40, nullptr);
}

dataset make_data() {
    auto geometry = sized<vdib_geometry>();
    geometry.input_channels = geometry.input_height = 1;
    geometry.input_width = channels;
    geometry.steps = steps;
    geometry.classes = classes;
    geometry.target_height = geometry.target_width = side;
    auto source = sized<vdib_dataset_source>();
    source.train = train;
    source.test = test;
    source.fetch = fetch;
    source.parallel = true;
    source.name = "halves";
    vdib_dataset *made = nullptr;
    check(vdib_dataset_create_callback(&geometry, &source, &made));
    return dataset(made, vdib_dataset_destroy);
}

config make_config() {
    vdib_config *made = nullptr;
    check(vdib_config_create(&made));
    config owned(made, vdib_config_destroy);
    const char *const layers[] = {"32"};
    check(vdib_config_set_text(made, "data.target", "image"));
    check(vdib_config_set_whole(made, "data.steps", steps));
    check(vdib_config_set_list(made, "encoder.layers", layers, 1));
    check(vdib_config_set_whole(made, "encoder.readouts", 16));
    check(vdib_config_set_text(made, "decoder", "linear"));
    check(vdib_config_set_text(made, "learning.estimator", "straight-through"));
    check(vdib_config_set_text(made, "learning.credit_assignment", "bp"));
    check(vdib_config_set_text(made, "learning.encoder_optimizer", "adam"));
    check(vdib_config_set_whole(made, "learning.batch_size", 8));
    check(vdib_config_set_real(made, "learning.decoder_learning_rate", 0.005));
    return owned;
}

// Steps until the run is done, or has seen `examples`.
void step_until(vdib_run *going, std::uint64_t examples) {
    auto progress = sized<vdib_progress>();
    while (!progress.done && progress.examples < examples)
        check(vdib_run_step(going, &progress));
    std::printf("%llu examples, loss %.3f\n", static_cast<unsigned long long>(progress.examples), progress.loss);
}

// Trains up to 2,400 examples and drops the run, as if the power had failed.
void begin(const std::string &folder, const vdib_dataset *data) {
    const config settings = make_config();
    auto options = sized<vdib_run_options>();
    options.examples = 4000;
    options.checkpoint_every = 500;
    options.dataset = data;
    vdib_run *made = nullptr;
    check(vdib_run_create(folder.c_str(), settings.get(), &options, &made));
    const run going(made, vdib_run_destroy);
    step_until(going.get(), 2400);
}

// Goes on where the last checkpoint is, to the end.
void resume(const std::string &folder, const vdib_dataset *data) {
    auto options = sized<vdib_resume_options>();
    options.dataset = data;
    vdib_run *made = nullptr;
    check(vdib_run_resume(folder.c_str(), &options, &made));
    const run going(made, vdib_run_destroy);
    step_until(going.get(), 4000);
}

void report(const std::string &folder, const vdib_dataset *data) {
    vdib_evaluation figures{};
    check(vdib_report_write_dataset(folder.c_str(), data, nullptr, &figures));
    std::printf("mean squared error %.3f, %.1f readout spikes an example; %s/report.html\n",
                vdib_evaluation_get(&figures, "mse"), vdib_evaluation_get(&figures, "spikes_per_example"),
                folder.c_str());
    vdib_evaluation_clear(&figures);
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    try {
        const dataset data = make_data();
        begin(argv[1], data.get());
        resume(argv[1], data.get());
        report(argv[1], data.get());
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}

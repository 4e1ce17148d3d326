#include "premix/train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "io/checkpoint/training_state.hpp"
#include "premix/core/error.hpp"
#include "premix/core/text.hpp"
#include "premix/optim/learning_rate.hpp"
#include "premix/train/evaluate.hpp"
#include "premix/train/training_step.hpp"
#include "train/epoch_batches.hpp"
#include "train/manifest.hpp"
#include "train/metrics_csv.hpp"
#include "train/pictures.hpp"
#include "train/step_queue.hpp"

namespace premix {
using namespace io;
using namespace training;

namespace {

void check(const TrainingData& data, const TrainingOptions& options) {
  const std::string& place = data.train.source().location();
  if (data.train.size() == 0)
    fail(ErrorKind::data, place,
         ": no training images. Half of the images train: provide two or more, or another split.");
  if (data.train.source().bands() != options.network.bands)
    fail(ErrorKind::data, place, ": the images have ", data.train.source().bands(), " bands, the network ",
         options.network.bands, ". Set ", Option("bands", data.train.source().bands()), '.');
  if (options.epochs < 1) fail(ErrorKind::usage, Option("epochs", options.epochs), ": must be 1 or more");
  if (options.batch_size < 1) fail(ErrorKind::usage, Option("batch_size", 0), ": must be 1 or more");
  if (options.precision != Precision::float32 && options.device == cpu())
    fail(ErrorKind::usage, Option("precision", precision_name(options.precision)),
         ": training on the CPU is in fp32. Set ", Option("device"), " to a GPU.");
  if (!(options.teacher_weight >= 0 && options.teacher_weight <= 1))
    fail(ErrorKind::usage, Option("teacher_weight", options.teacher_weight), ": must be from 0 to 1");
  if (options.test_freq < 1) fail(ErrorKind::usage, Option("test_freq", options.test_freq), ": must be 1 or more");
  if (!(std::isfinite(options.lr) && options.lr > 0))
    fail(ErrorKind::usage, Option("lr", options.lr), ": must be above 0");
  options.recipe.check();
  const auto is_band = [&](int band) { return band >= 0 && band < options.network.bands; };
  if ((options.rgb.size() != 1 && options.rgb.size() != 3) ||
      !std::all_of(options.rgb.begin(), options.rgb.end(), is_band))
    fail(ErrorKind::usage, Option("rgb"), ": must be three bands, or one, from 0 to ", options.network.bands - 1);
}

// Side of a CLAHE cell in pixels of the reduced PAN. The network's CLAHE uses 8 x 8 cells of even side. Scenes use
// cells of this side times the network's ratio, the same ground, so a PAN reduced by less needs smaller cells.
int clahe_cell(const Dataset& images) {
  const std::int64_t cell = (images.sample(0).pan.shape().h + 7) / 8;
  return static_cast<int>((cell + cell % 2) * images.source().ratio() / images.ratio());
}

std::string decimal(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

// The model with the running means of its parameters; the model itself without averaging.
PreMix<float> averaged(const PreMix<float>& model, const Adam<float>& adam) {
  PreMix<float> result = model.clone();
  auto slot = adam.moments().begin();
  for (Variable<float>& parameter : parameters(result)) {
    if (!slot->average.empty()) parameter.mutable_value() = slot->average.clone();
    ++slot;
  }
  return result;
}

class Training {
 public:
  Training(const TrainingData& data, const RunFolder& folder, const TrainingOptions& options,
           const TrainingCallbacks& callbacks, const TrainingHooks& hooks)
      : data_(data),
        folder_(folder),
        options_(options),
        callbacks_(callbacks),
        hooks_(hooks),
        batches_(data.train, options, hooks),
        info_(options.info) {}

  TrainingResult run();

 private:
  struct Begin {
    PreMix<float> model;
    std::string init_hash;
    std::vector<Adam<float>::Moments> moments;  // of a resumed training
    std::string recipe;                         // of a resumed training
    TrainingProgress progress;
  };

  Begin begin() const;
  std::optional<PreMix<float>> load_teacher() const;
  double learning_rate(int epoch) const;
  double train_epoch(StepQueue& steps, int epoch) const;
  bool validation_is_due(int epoch) const;
  void validate(const PreMix<float>& model, EpochReport& report);
  void add_row(const EpochReport& report);

  const TrainingData& data_;
  const RunFolder& folder_;
  const TrainingOptions& options_;
  const TrainingCallbacks& callbacks_;
  const TrainingHooks& hooks_;
  const EpochBatches batches_;
  WeightsInfo info_;
  TrainingProgress progress_;
  MetricsCsv csv_;
};

Training::Begin Training::begin() const {
  if (options_.start == Start::resume && std::filesystem::exists(folder_.last())) {
    TrainingState state = load_training_state(folder_.last());
    return {std::move(state.model), init_hash_of(state.info.manifest), std::move(state.moments), state.info.manifest,
            state.progress};
  }
  if (!options_.init) return {PreMix<float>(options_.network), "", {}, "", {}};
  Weights weights =
      load_weights(*options_.init, {.activation = options_.network.activation, .beta = options_.network.beta});
  if (!weights.model.config.same_architecture(options_.network))
    fail(ErrorKind::usage, options_.init->string(), ": weights of another network. Set the ", Option("bands"), ", ",
         Option("embed_dim"), ", ", Option("kernel_size"), ", ", Option("pf_kernel"), ", ", Option("num_layers"), ", ",
         Option("mixing"), ", ", Option("activation"), " and ", Option("beta"), " of its training.");
  std::string hash = hash_of_parameters(weights.model);
  return {std::move(weights.model), std::move(hash), {}, "", {}};
}

std::optional<PreMix<float>> Training::load_teacher() const {
  if (!options_.teacher) return std::nullopt;
  PreMix<float> teacher = std::move(load_weights(*options_.teacher).model);
  if (teacher.config.bands != options_.network.bands)
    fail(ErrorKind::usage, options_.teacher->string(), ": a teacher of ", teacher.config.bands,
         " bands, the network has ", options_.network.bands, ". Use a teacher of the same bands.");
  move_parameters(teacher, options_.device);
  return teacher;
}

double Training::learning_rate(int epoch) const {
  if (hooks_.lr) return hooks_.lr(epoch);
  if (options_.recipe.schedule == Schedule::step) return StepLr{.initial = options_.lr}.at(epoch);
  return CosineLr{.initial = options_.lr, .epochs = options_.epochs}.at(epoch);
}

double Training::train_epoch(StepQueue& steps, int epoch) const {
  double sum = 0;
  std::size_t batches = 0, images = 0;
  const auto report = [&](const std::vector<std::string>& names, double loss) {
    if (!std::isfinite(loss))
      fail(ErrorKind::runtime, "loss ", loss, " in epoch ", epoch, " at the images ", detail::joined(names, ", "),
           ". Check these images, or lower ", Option("lr"), ". ", folder_.last().string(), " holds the epoch before.");
    images += names.size();
    sum += loss * static_cast<double>(names.size());
    if (callbacks_.on_step) callbacks_.on_step({epoch, ++batches, images, batches_.images(), loss});
  };
  batches_.for_each(epoch, [&](const TrainingBatch& batch) { steps.add(batch, report); });
  steps.finish(report);
  return sum / static_cast<double>(images);
}

bool Training::validation_is_due(int epoch) const {
  const int done = epoch + 1;
  return data_.val.size() > 0 && (done % options_.test_freq == 0 || done == options_.epochs);
}

void Training::validate(const PreMix<float>& model, EpochReport& report) {
  ValidationPicture picture(options_.rgb);
  EvaluateOptions evaluation{.num_workers = options_.num_workers};
  evaluation.on_image = [&](std::size_t, const Sample& sample, const Tensor<float>& prediction) {
    picture.add(sample, prediction);
  };
  report.validation = evaluate(model, data_.val, evaluation).network;
  picture.write(folder_.picture(report.epoch));

  const auto rows = report.validation->rows();
  const auto psnr = std::find_if(rows.begin(), rows.end(), [](const auto& row) { return row.metric == "PSNR"; });
  report.best =
      psnr != rows.end() && psnr->count > 0 && !(progress_.best_psnr_db && psnr->mean <= *progress_.best_psnr_db);
  if (!report.best) return;
  progress_.best_psnr_db = psnr->mean;
  progress_.best_file = RunFolder::best_name(report.epoch, psnr->mean);
  save_weights(folder_.path() / progress_.best_file, model, info_, options_.storage);
}

void Training::add_row(const EpochReport& report) {
  const std::size_t batches = batches_.count();
  MetricsCsv::Row row = {{"epoch", std::to_string(report.epoch)},
                         {"step", std::to_string(static_cast<std::size_t>(report.epoch + 1) * batches - 1)},
                         {"lr", decimal(report.lr)},
                         {"train/loss", decimal(report.train_loss)}};
  if (report.validation)
    for (const auto& metric : report.validation->rows()) {
      row.emplace_back("val/" + metric.metric + "_mean", decimal(metric.mean));
      row.emplace_back("val/" + metric.metric + "_std", decimal(metric.deviation));
    }
  csv_.add(std::move(row));
}

TrainingResult Training::run() {
  check(data_, options_);
  folder_.check(options_.start);
  Begin begun = begin();
  const std::string hash = hash_of_data(data_, options_.num_workers);
  batches_.check();
  const std::optional<PreMix<float>> teacher = load_teacher();
  info_.manifest =
      recipe_of(data_, options_, hooks_,
                {.data = hash, .init = begun.init_hash, .teacher = teacher ? hash_of_parameters(*teacher) : ""});
  info_.premix_version = PREMIX_VERSION;
  info_.clahe_cell = clahe_cell(data_.train);
  if (!begun.recipe.empty()) check_same_recipe(begun.recipe, info_.manifest, folder_.last());
  progress_ = begun.progress;

  folder_.prepare(options_.start);
  write_manifest(folder_.manifest(), info_.manifest, data_, options_);
  csv_ = MetricsCsv::load(folder_.metrics(), progress_.epochs);
  if (progress_.epochs > 0) csv_.write(folder_.metrics());
  PreMix<float>& model = begun.model;
  move_parameters(model, options_.device);
  Adam<float> adam(parameters(model),
                   {.lr = options_.lr, .clip_norm = options_.recipe.clip_norm, .average = options_.recipe.average});
  if (!begun.moments.empty()) adam.set_moments(std::move(begun.moments));
  if (progress_.epochs == 0) save_training_state(folder_.last(), model, info_, adam, progress_);
  if (callbacks_.on_start) callbacks_.on_start(progress_.epochs);

  const ConvolutionPrecision precision(options_.precision);
  LossFunction loss = hooks_.loss ? hooks_.loss : loss_function(options_.recipe);
  if (teacher) loss = distilled(std::move(loss), *teacher, options_.teacher_weight);
  TrainingStep step(model, adam, std::move(loss));
  const auto steps = on_device(options_.device, [&](auto device) { return make_step_queue(device, step); });
  const int first_epoch = progress_.epochs;
  for (int epoch = first_epoch; epoch < options_.epochs; ++epoch) {
    adam.set_lr(learning_rate(epoch));
    EpochReport report{epoch, train_epoch(*steps, epoch), adam.lr(), std::nullopt};
    if (validation_is_due(epoch)) validate(averaged(model, adam), report);
    add_row(report);
    csv_.write(folder_.metrics());
    progress_.epochs = epoch + 1;
    // Adds the cuDNN engines, which are known after the first epoch.
    if (options_.device != cpu() && epoch == first_epoch)
      write_manifest(folder_.manifest(), info_.manifest, data_, options_);
    // From here on, a resumed training starts after this epoch.
    save_training_state(folder_.last(), model, info_, adam, progress_);
    if (report.best) folder_.keep_best(progress_.best_file);
    if (callbacks_.on_epoch) callbacks_.on_epoch(report);
  }
  // A run killed between saving its state and keep_best() leaves old weights.
  folder_.keep_best(progress_.best_file);
  const bool validated = !progress_.best_file.empty();
  return {progress_.best_psnr_db, validated ? folder_.path() / progress_.best_file : folder_.last()};
}

}  // namespace

TrainingResult train(const TrainingData& data, const RunFolder& folder, const TrainingOptions& options,
                     const TrainingCallbacks& callbacks, const TrainingHooks& hooks) {
  return Training(data, folder, options, callbacks, hooks).run();
}

}  // namespace premix

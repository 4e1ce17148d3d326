#pragma once

#include <csignal>

namespace premix::cli {

/// Handles Ctrl-C and SIGTERM. The first signal requests a stop, the second one ends the program immediately.
class Interrupt {
 public:
  static void watch() {
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, &Interrupt::note);
  }
  static bool wanted() { return wanted_ != 0; }

 private:
  static void note(int signal) {
    wanted_ = 1;
    std::signal(signal, SIG_DFL);
  }
  static inline volatile std::sig_atomic_t wanted_ = 0;
};

}  // namespace premix::cli

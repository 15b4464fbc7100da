// SPDX-License-Identifier: LGPL-2.1-or-later
//
// WatchThread: a thread that may fail to start, and takes no signals meant for others.

#pragma once

#include <pthread.h>

namespace iso {

class WatchThread {
 public:
  using Main = void (*)(void* data);

  WatchThread() = default;

  WatchThread(const WatchThread&) = delete;
  WatchThread& operator=(const WatchThread&) = delete;

  /// False when the system has no thread to give. Once.
  bool Start(Main main, void* data);

  /// Waits for its end, if it was started.
  void Join();

 private:
  static void* Run(void* self);

  Main main_ = nullptr;
  void* data_ = nullptr;
  pthread_t thread_ = {};
  bool started_ = false;
};

}  // namespace iso

// SPDX-License-Identifier: LGPL-2.1-or-later

#include "watch_thread.h"

#include <csignal>

namespace iso {

void* WatchThread::Run(void* self) {
  auto* thread = static_cast<WatchThread*>(self);
#ifdef __linux__
  pthread_setname_np(pthread_self(), "isodemux-memory");
#endif
  thread->main_(thread->data_);
  return nullptr;
}

bool WatchThread::Start(Main main, void* data) {
  main_ = main;
  data_ = data;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  started_ = pthread_create(&thread_, nullptr, &WatchThread::Run, this) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started_;
}

void WatchThread::Join() {
  if (started_) pthread_join(thread_, nullptr);
  started_ = false;
}

}  // namespace iso

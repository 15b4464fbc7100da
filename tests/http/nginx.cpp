// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nginx.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace iso::test {
namespace {

constexpr int kTries = 5;
constexpr auto kPatience = std::chrono::seconds(10);

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

/// One that nobody has now; 0: none.
int FreePort() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = listener >= 0 && bind(listener, generic, length) == 0 &&
                     getsockname(listener, generic, &length) == 0;
  if (listener >= 0) close(listener);
  return bound ? ntohs(address.sin_port) : 0;
}

bool Answers(int port) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const bool connected =
      connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(client);
  return connected;
}

void WriteConfiguration(const std::string& directory, int port) {
  std::ofstream file(directory + "/nginx.conf");
  file << "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr warn;\n"
       << "events {}\nhttp {\n  access_log off;\n  types { video/mp4 mp4; }\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    file << "  " << kind << "_temp_path temp-" << kind << ";\n";
  file << "  server { listen 127.0.0.1:" << port << "; root " << directory << "; }\n}\n";
}

}  // namespace

std::string Nginx::Program() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path ? path : "") + ":/usr/sbin:/usr/local/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string program = folder + "/nginx";
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return "";
}

Nginx::Nginx(const std::string& directory) {
  // The port may be gone by the time it wants it.
  for (int i = 0; i < kTries && !ok(); ++i)
    Start(directory);
}

Nginx::~Nginx() {
  Stop();
}

void Nginx::Start(const std::string& directory) {
  const std::string program = Program();
  const std::string configuration = directory + "/nginx.conf";
  port_ = FreePort();
  if (port_ == 0 || program.empty()) return;
  WriteConfiguration(directory, port_);
  const char* const arguments[] = {
      "nginx", "-p", directory.c_str(), "-c", configuration.c_str(), "-e", "stderr", nullptr};
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execv(program.c_str(), const_cast<char* const*>(arguments));
    _exit(127);
  }
  if (process_ > 0 && !AwaitAnswer()) Stop();
}

/// Whether it takes connections before it ends. It does not tell when it is ready: it is asked.
bool Nginx::AwaitAnswer() const {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  siginfo_t ended{};
  while (std::chrono::steady_clock::now() < end && ended.si_pid == 0) {
    if (Answers(port_)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    waitid(P_PID, static_cast<id_t>(process_), &ended, WEXITED | WNOHANG | WNOWAIT);
  }
  return false;
}

void Nginx::Stop() {
  if (process_ <= 0) return;
  kill(process_, SIGTERM);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::string Nginx::Uri(const std::string& name) const {
  return "http://127.0.0.1:" + std::to_string(port_) + name;
}

}  // namespace iso::test

// SPDX-License-Identifier: LGPL-2.1-or-later
//
// HttpServer: a thread for each connection, plain sockets.

#include "http_server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace iso::test {

namespace {

constexpr int kPollMs = 50;
// Little is under way to a client that has stopped reading, so that counts mean something.
constexpr int kSendBuffer = 16 * 1024;
constexpr size_t kBlock = 16 * 1024;
constexpr size_t kLongestHead = 64 * 1024;

/// The value of a header, by its name in lower case; empty if it is not there.
std::string HeaderOf(const std::string& head, const std::string& name) {
  size_t at = head.find("\r\n");
  while (at != std::string::npos && at + 2 < head.size()) {
    const size_t start = at + 2, end = head.find("\r\n", start);
    const std::string line = head.substr(start, end - start);
    const size_t colon = line.find(':');
    std::string key = line.substr(0, colon);
    std::transform(key.begin(), key.end(), key.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    if (colon != std::string::npos && key == name) {
      const size_t value = line.find_first_not_of(' ', colon + 1);
      return value == std::string::npos ? "" : line.substr(value);
    }
    at = end;
  }
  return "";
}

struct ByteRange {
  uint64_t start = 0;
  uint64_t end = 0;  ///< one past the last
};

/// "bytes=a-b", "bytes=a-" or "bytes=-n"; nullopt where there is none that can be satisfied.
std::optional<ByteRange> ParseRange(const std::string& text, uint64_t size) {
  if (text.compare(0, 6, "bytes=") != 0) return std::nullopt;
  const size_t dash = text.find('-');
  if (dash == std::string::npos) return std::nullopt;
  const std::string first = text.substr(6, dash - 6), last = text.substr(dash + 1);
  ByteRange range{0, size};
  if (first.empty()) {
    range.start = size - std::min<uint64_t>(size, std::strtoull(last.c_str(), nullptr, 10));
  } else {
    range.start = std::strtoull(first.c_str(), nullptr, 10);
    if (!last.empty()) {
      range.end = std::min<uint64_t>(size, std::strtoull(last.c_str(), nullptr, 10) + 1);
    }
  }
  return range.start < range.end ? std::optional(range) : std::nullopt;
}

const char* TypeOf(const std::string& name) {
  struct Row {
    const char* ending;
    const char* type;
  };

  static constexpr Row kRows[] = {{".mpd", "application/dash+xml"},
                                  {".m3u8", "application/vnd.apple.mpegurl"},
                                  {"Manifest", "application/vnd.ms-sstr+xml"}};
  for (const Row& row : kRows) {
    const size_t length = std::strlen(row.ending);
    if (name.size() >= length && name.compare(name.size() - length, length, row.ending) == 0) {
      return row.type;
    }
  }
  return "video/mp4";
}

/// What %XX stands for.
std::string Unescape(const std::string& name) {
  std::string plain;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%' && i + 2 < name.size()) {
      plain += static_cast<char>(std::strtoul(name.substr(i + 1, 2).c_str(), nullptr, 16));
      i += 2;
    } else {
      plain += name[i];
    }
  }
  return plain;
}

bool SendAll(int socket, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t sent = send(socket, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

bool SendText(int socket, const std::string& text) {
  return SendAll(socket, text.data(), text.size());
}

}  // namespace

struct HttpServer::Request {
  std::string method;
  std::string name;  ///< without query and escapes
  std::string range;
  bool close = false;

  explicit Request(const std::string& head) {
    const size_t space = head.find(' '), end = head.find(' ', space + 1);
    method = head.substr(0, space);
    name = head.substr(space + 1, end - space - 1);
    name = Unescape(name.substr(0, name.find('?')));
    range = HeaderOf(head, "range");
    close = HeaderOf(head, "connection") == "close";
  }
};

struct HttpServer::Connection {
  int socket = -1;
  std::thread thread;
};

HttpServer::HttpServer() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  if (listener < 0 || bind(listener, generic, length) != 0 || listen(listener, 64) != 0 ||
      getsockname(listener, generic, &length) != 0) {
    if (listener >= 0) close(listener);
    return;
  }
  port_ = ntohs(address.sin_port);
  listener_ = listener;
  accepter_ = std::thread([this] { Accept(); });
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (accepter_.joinable()) accepter_.join();
  for (Connection& connection : connections_) {
    shutdown(connection.socket, SHUT_RDWR);
    connection.thread.join();
    close(connection.socket);
  }
  if (listener_ >= 0) close(listener_);
}

void HttpServer::Add(const std::string& name, const HttpFile& file) {
  const std::lock_guard lock(mutex_);
  files_[name] = file;
}

void HttpServer::AddDirectory(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  directory_ = directory;
}

std::string HttpServer::Uri(const std::string& name) const {
  return "http://127.0.0.1:" + std::to_string(port_) + name;
}

void HttpServer::Hold(const std::string& name) {
  const std::lock_guard lock(mutex_);
  held_.insert(name);
}

void HttpServer::Release(const std::string& name) {
  const std::lock_guard lock(mutex_);
  held_.erase(name);
  changed_.notify_all();
}

bool HttpServer::WaitRequested(const std::string& name, double seconds) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(
      lock, std::chrono::duration<double>(seconds), [&] { return counts_.count(name) > 0; });
}

HttpCounts HttpServer::Counts(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(name);
  return found == counts_.end() ? HttpCounts() : found->second;
}

void HttpServer::ResetCounts() {
  const std::lock_guard lock(mutex_);
  counts_.clear();
  requests_.clear();
}

std::vector<std::string> HttpServer::Requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::Accept() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, kPollMs) <= 0) continue;
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
    const std::lock_guard lock(mutex_);
    Connection& connection = connections_.emplace_back();
    connection.socket = socket;
    connection.thread = std::thread([this, at = &connection] { Serve(at); });
  }
}

void HttpServer::Serve(Connection* connection) {
  const int socket = connection->socket;
  std::string pending;
  char block[4096];
  while (!stopping_) {
    const size_t end = pending.find("\r\n\r\n");
    if (end != std::string::npos) {
      const Request request(pending.substr(0, end + 2));
      pending.erase(0, end + 4);
      if (!Answer(socket, request) || request.close) break;
      continue;
    }
    pollfd waiting{socket, POLLIN, 0};
    if (poll(&waiting, 1, kPollMs) == 0) continue;
    const ssize_t got = recv(socket, block, sizeof block, 0);
    if (got <= 0 || pending.size() > kLongestHead) break;
    pending.append(block, static_cast<size_t>(got));
  }
  shutdown(socket, SHUT_RDWR);
}

bool HttpServer::Find(const std::string& name, HttpFile* file) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(name);
  if (found != files_.end()) {
    *file = found->second;
    return true;
  }
  if (directory_.empty() || name.find("..") != std::string::npos) return false;
  *file = HttpFile{directory_ + name};
  return true;
}

/// Counts it, and waits while its answer is held.
void HttpServer::Count(const Request& request, bool exists, uint64_t start) {
  std::unique_lock lock(mutex_);
  requests_.push_back(request.name + (exists ? "" : " (not found)"));
  HttpCounts& counts = counts_[request.name];
  ++counts.requests;
  counts.starts.push_back(start);
  changed_.notify_all();
  changed_.wait(lock, [&] { return stopping_ || held_.count(request.name) == 0; });
}

bool HttpServer::Answer(int socket, const Request& request) {
  HttpFile found;

  struct stat facts {};

  int file = -1;
  if (Find(request.name, &found)) file = open(found.path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool exists = file >= 0 && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
  const auto size = static_cast<uint64_t>(facts.st_size);
  const bool partial = exists && found.ranges && found.length && !request.range.empty();
  const auto range = partial ? ParseRange(request.range, size) : ByteRange{0, size};
  Count(request, exists, range ? range->start : size);
  bool going_on = true;
  if (!exists) {
    going_on = SendText(socket, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  } else if (!range) {
    going_on = SendText(socket,
                        "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */" +
                            std::to_string(size) + "\r\nContent-Length: 0\r\n\r\n");
  } else {
    std::string head = partial ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n";
    head += std::string("Content-Type: ") + TypeOf(request.name) + "\r\n";
    if (found.ranges && found.length) head += "Accept-Ranges: bytes\r\n";
    if (!found.length) head += "Connection: close\r\n";
    if (found.length) {
      head += "Content-Length: " + std::to_string(range->end - range->start) + "\r\n";
    }
    if (partial) {
      head += "Content-Range: bytes " + std::to_string(range->start) + "-" +
              std::to_string(range->end - 1) + "/" + std::to_string(size) + "\r\n";
    }
    going_on = SendText(socket, head + "\r\n");
    if (going_on && request.method != "HEAD") {
      going_on = SendBody(socket, file, found, range->start, range->end, request.name);
    }
    going_on = going_on && found.length;
  }
  if (file >= 0) close(file);
  return going_on;
}

bool HttpServer::SendBody(int socket,
                          int file,
                          const HttpFile& how,
                          uint64_t start,
                          uint64_t end,
                          const std::string& name) {
  char block[kBlock];
  auto due = std::chrono::steady_clock::now();
  while (start < end && !stopping_) {
    // What a thread that was kept waiting did not send is not made up for in a burst.
    if (how.bytes_per_second > 0) {
      std::this_thread::sleep_until(due);
      const double seconds =
          static_cast<double>(sizeof block) / static_cast<double>(how.bytes_per_second);
      due = std::chrono::steady_clock::now() +
            std::chrono::nanoseconds(static_cast<int64_t>(seconds * 1e9));
    }
    const size_t want = std::min<uint64_t>(end - start, sizeof block);
    const ssize_t got = pread(file, block, want, static_cast<off_t>(start));
    if (got <= 0 || !SendAll(socket, block, static_cast<size_t>(got))) return false;
    start += static_cast<uint64_t>(got);
    const std::lock_guard lock(mutex_);
    counts_[name].bytes += static_cast<uint64_t>(got);
  }
  return !stopping_;
}

}  // namespace iso::test

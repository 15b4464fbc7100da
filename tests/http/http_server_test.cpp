// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The server itself, spoken to with plain sockets.

#include "http_server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace iso::test {
namespace {

constexpr size_t kSize = 100'000;

class Server : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.ok());
    char name[] = "/tmp/http-server-test-XXXXXX";
    const int file = mkstemp(name);
    ASSERT_GE(file, 0);
    close(file);
    path_ = name;
    for (size_t i = 0; i < kSize; ++i)
      content_.push_back(static_cast<char>('a' + i % 23));
    std::ofstream(path_, std::ios::binary) << content_;
    server_.Add("/file", {path_});
    server_.Add("/no-ranges", {path_, false});
    server_.Add("/no-length", {path_, true, false});
  }

  void TearDown() override { unlink(path_.c_str()); }

  /// Sends the text, and gives all that comes until the connection ends.
  std::string Ask(const std::string& text) const {
    const std::string uri = server_.Uri("");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(std::atoi(uri.c_str() + uri.rfind(':') + 1)));
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::string answer;
    if (connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
        send(client, text.data(), text.size(), MSG_NOSIGNAL) > 0) {
      char block[4096];
      for (ssize_t n; (n = recv(client, block, sizeof block, 0)) > 0;)
        answer.append(block, static_cast<size_t>(n));
    }
    close(client);
    return answer;
  }

  static std::string Body(const std::string& answer) {
    const size_t end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "" : answer.substr(end + 4);
  }

  HttpServer server_;
  std::string path_;
  std::string content_;
};

TEST_F(Server, WholeFile) {
  const std::string answer = Ask("GET /file HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("Accept-Ranges: bytes"), std::string::npos);
  EXPECT_EQ(Body(answer), content_);
  EXPECT_EQ(server_.Counts("/file").requests, 1u);
  EXPECT_EQ(server_.Counts("/file").bytes, kSize);
}

TEST_F(Server, Ranges) {
  const auto range = [&](const std::string& text) {
    return Ask("GET /file HTTP/1.1\r\nRange: bytes=" + text + "\r\nConnection: close\r\n\r\n");
  };
  EXPECT_EQ(Body(range("10-19")), content_.substr(10, 10));
  EXPECT_EQ(Body(range("99990-")), content_.substr(99990));
  EXPECT_EQ(Body(range("99990-200000")), content_.substr(99990));
  EXPECT_EQ(Body(range("-7")), content_.substr(kSize - 7));
  EXPECT_NE(range("10-19").find("Content-Range: bytes 10-19/100000"), std::string::npos);
  EXPECT_EQ(range("100000-").substr(0, 12), "HTTP/1.1 416");
  const std::vector<uint64_t> starts = {10, 99990, 99990, kSize - 7, 10, kSize};
  EXPECT_EQ(server_.Counts("/file").starts, starts);
}

TEST_F(Server, NeitherRangesNorLength) {
  const std::string whole =
      Ask("GET /no-ranges HTTP/1.1\r\nRange: bytes=5-\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(whole.substr(0, 12), "HTTP/1.1 200");
  EXPECT_EQ(whole.find("Accept-Ranges"), std::string::npos);
  EXPECT_EQ(Body(whole), content_);
  const std::string open = Ask("GET /no-length HTTP/1.1\r\n\r\n");
  EXPECT_EQ(open.find("Content-Length"), std::string::npos);
  EXPECT_EQ(Body(open), content_);
}

TEST_F(Server, KeepsConnectionsOpen) {
  const std::string answer =
      Ask("GET /file HTTP/1.1\r\nRange: bytes=0-3\r\n\r\n"
          "GET /file HTTP/1.1\r\nRange: bytes=4-6\r\n\r\n"
          "HEAD /file HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(Body(answer).substr(0, 4), content_.substr(0, 4));
  EXPECT_NE(answer.find("\r\n\r\n" + content_.substr(4, 3)), std::string::npos);
  EXPECT_EQ(server_.Counts("/file").requests, 3u);
  EXPECT_EQ(server_.Counts("/file").bytes, 7u);
}

TEST_F(Server, DirectoryAndWhatIsNotThere) {
  EXPECT_EQ(Ask("GET /none HTTP/1.1\r\nConnection: close\r\n\r\n").substr(0, 12), "HTTP/1.1 404");
  server_.AddDirectory("/tmp");
  const std::string name = path_.substr(4);
  EXPECT_EQ(Body(Ask("GET " + name + "?a=b HTTP/1.1\r\nConnection: close\r\n\r\n")), content_);
  EXPECT_EQ(Ask("GET /../etc/passwd HTTP/1.1\r\nConnection: close\r\n\r\n").substr(0, 12),
            "HTTP/1.1 404");
  EXPECT_EQ(server_.Requests().front(), "/none (not found)");
}

TEST_F(Server, HeldAnswers) {
  server_.Hold("/file");
  std::string answer;
  std::thread client([&] { answer = Ask("GET /file HTTP/1.1\r\nConnection: close\r\n\r\n"); });
  EXPECT_TRUE(server_.WaitRequested("/file", 10));
  EXPECT_EQ(server_.Counts("/file").bytes, 0u);
  server_.Release("/file");
  client.join();
  EXPECT_EQ(Body(answer), content_);
  EXPECT_FALSE(server_.WaitRequested("/other", 0.01));
}

}  // namespace
}  // namespace iso::test

#include <catch2/catch.hpp>
#include <filesystem>

#include "connectors/file/file_sink.h"
#include "tests/connectors/file/support.h"

namespace freshet {
namespace {

using namespace test;

std::vector<Output> several(Output a, Output b) {
  std::vector<Output> outputs;
  outputs.push_back(std::move(a));
  outputs.push_back(std::move(b));
  return outputs;
}

TEST_CASE("lists are written one a line, in order, under a name that tells the compression") {
  const Folder folder;
  for (const Compression compression : all_compressions) {
    const std::string path = folder / named("lists", compression);
    FileSink sink({.path = path});
    REQUIRE(sink.open("").value() == Sink::Kind::takes_back);
    auto outputs = several(list("{\"user\":\"u1\"}"), list("{\"user\":\"u2\"}"));
    REQUIRE(sink.write(outputs));
    REQUIRE(sink.flush({}));
    const std::string plain = "{\"user\":\"u1\"}\n{\"user\":\"u2\"}\n";
    CHECK(read_file(path) == compressed(compression, plain));
    CHECK(read_out(path).lines.size() == 2);
  }
}

TEST_CASE("whoever follows a plain file sees each list at once, before any flush") {
  const Folder folder;
  const std::string path = folder / "lists.jsonl";
  FileSink sink({.path = path});
  REQUIRE(sink.open("").value() == Sink::Kind::takes_back);
  Output output = list("{\"user\":\"u1\"}");
  REQUIRE(sink.write({&output, 1}));
  CHECK(read_file(path) == "{\"user\":\"u1\"}\n");
}

TEST_CASE("a tombstone says who was forgotten") {
  const Folder folder;
  FileSink sink({.path = folder / "lists"});
  REQUIRE(sink.open(""));
  auto outputs = several(list(""), list(""));
  outputs[0].key = "u\"1";
  outputs[0].value.reset();
  outputs[1].channel = Channel::similar_items;
  outputs[1].key = "i1";
  outputs[1].value.reset();
  REQUIRE(sink.write(outputs));
  REQUIRE(sink.flush({}));
  CHECK(read_file(folder / "lists") == "{\"user\":\"u\\\"1\",\"deleted\":true}\n");
  CHECK(read_file(folder / "lists.similar") == "{\"item\":\"i1\",\"deleted\":true}\n");
}

TEST_CASE("a rejected record is kept with its reason, its place and its bytes") {
  const Folder folder;
  FileSink sink({.path = folder / "lists", .events_topic = "clicks", .catalog_topic = "goods"});
  REQUIRE(sink.open(""));
  auto outputs = several(rejected(std::string("\0\xff\n", 3), "user: \"\xff\" is no text", 17),
                         rejected("", "empty"));
  outputs[0].partition = 3;
  outputs[1].value.reset();
  std::vector<Output> of_catalog;
  of_catalog.push_back(rejected("x", "bad", 4));
  of_catalog[0].partition = catalog_partition(2);
  REQUIRE(sink.write(outputs));
  REQUIRE(sink.write(of_catalog));
  REQUIRE(sink.flush({}));
  CHECK(read_file(folder / "lists.rejected") ==
        "{\"reason\":\"user: \\\"\xef\xbf\xbd\\\" is no text\",\"source\":\"clicks/3/17\","
        "\"record_base64\":\"AP8K\"}\n"
        "{\"reason\":\"empty\",\"source\":\"clicks/0/0\",\"record_base64\":null}\n"
        "{\"reason\":\"bad\",\"source\":\"goods/2/4\",\"record_base64\":\"eA==\"}\n");
  CHECK(read_file(folder / "lists").empty());
}

TEST_CASE("the other files are made when the first record for them comes") {
  const Folder folder;
  const std::string elsewhere = folder / "bad.gz";
  FileSink sink({.path = folder / "lists", .rejected_path = elsewhere});
  REQUIRE(sink.open(""));
  CHECK(std::filesystem::exists(folder / "lists"));
  auto outputs = several(list("{}"), list("{}"));
  REQUIRE(sink.write(outputs));
  REQUIRE(sink.flush({}));
  CHECK_FALSE(std::filesystem::exists(elsewhere));
  CHECK_FALSE(std::filesystem::exists(folder / "lists.similar"));
  outputs[0] = rejected("x", "no JSON");
  REQUIRE(sink.write(outputs));
  REQUIRE(sink.flush({}));
  CHECK(read_out(elsewhere).values() ==
        std::vector<std::string>{
            R"({"reason":"no JSON","source":"events/0/0","record_base64":"eA=="})"});
}

TEST_CASE("one file for two kinds of records is refused") {
  const Folder folder;
  for (const std::string& other : {folder / "lists", folder / "./lists"}) {
    FileSink sink({.path = folder / "lists", .rejected_path = other});
    const auto opened = sink.open("");
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find("must differ") != std::string::npos);
  }
}

TEST_CASE("a folder that is not there is named") {
  const Folder folder;
  const std::string path = folder / "missing/lists";
  FileSink sink({.path = path});
  CHECK(sink.open("").error().message == path + ": cannot open: No such file or directory");
}

}  // namespace
}  // namespace freshet

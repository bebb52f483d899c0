"""The formats as tools read them that nobody here wrote: Go's x/mod/sumdb, and openssl."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from paraplu.audit import tiles, tree
from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
from paraplu.audit.note import Note, Signer
from paraplu.audit.proof import prove
from paraplu.audit.tree import Tree

SOURCES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")

# Opens the head with the verifier key; rebuilds the tree from the entry bundles; checks root, every
# hash tile, one inclusion path and one consistency path.
CHECK = """
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Println("REFUSED:", err)
		os.Exit(1)
	}
}

func read(name string) []byte {
	data, err := os.ReadFile(filepath.Join(os.Args[1], name))
	must(err)
	return data
}

func path(name string) (found []tlog.Hash) {
	for _, line := range strings.Fields(string(read(name))) {
		var h tlog.Hash
		raw, err := hex.DecodeString(line)
		must(err)
		copy(h[:], raw)
		found = append(found, h)
	}
	return
}

func main() {
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read("vkey"))))
	must(err)
	opened, err := note.Open(read("checkpoint"), note.VerifierList(verifier))
	must(err)
	var origin, root64 string
	var size int64
	_, err = fmt.Sscanf(opened.Text, "%s\\n%d\\n%s\\n", &origin, &size, &root64)
	must(err)
	root, err := tlog.ParseHash(root64)
	must(err)

	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, err error) {
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return
	})
	count := int64(0)
	for _, name := range strings.Fields(string(read("bundles"))) {
		data := read(name)
		for len(data) > 0 {
			length := int(binary.BigEndian.Uint16(data))
			hashes, err := tlog.StoredHashes(count, data[2:2+length], reader)
			must(err)
			stored = append(stored, hashes...)
			data = data[2+length:]
			count++
		}
	}
	if count != size {
		must(fmt.Errorf("%d entries, head says %d", count, size))
	}
	rebuilt, err := tlog.TreeHash(size, reader)
	must(err)
	if rebuilt != root {
		must(fmt.Errorf("root differs"))
	}
	for _, name := range strings.Fields(string(read("tiles"))) {
		tile, err := tlog.ParseTilePath(strings.Replace(name, "tile/", "tile/8/", 1))
		must(err)
		data, err := tlog.ReadTileData(tile, reader)
		must(err)
		if !bytes.Equal(data, read(name)) {
			must(fmt.Errorf("tile %s differs", name))
		}
	}
	leaf, err := tlog.ReadTileData(tlog.Tile{H: 8, L: 0, N: 1, W: 256}, reader)
	must(err)
	var hash tlog.Hash
	copy(hash[:], leaf[44*32:])
	must(tlog.CheckRecord(path("inclusion"), size, root, 300, hash))
	older := path("older")[0]
	must(tlog.CheckTree(path("consistency"), size, root, 333, older))
	fmt.Println("accepted", count)
}
"""

LOG = Signer("ssc.example/audit/2026", b"L" * 32)
SIZE = 70_000


def export(where: Path) -> None:
    entries = [b"entry %d" % number for number in range(SIZE)]
    whole = Tree(tree.leaf_hash(data) for data in entries)
    bundles = list(tiles.entry_bundles(SIZE))
    named = "\n".join(tile.path for tile in tiles.hash_tiles(SIZE)).encode()
    files = {tile.path: tiles.hash_tile(tile, whole.node) for tile in tiles.hash_tiles(SIZE)}
    for tile in bundles:
        first = tile.index * tiles.WIDTH
        files[tile.path] = tiles.bundle(entries[first : first + tile.width])
    head = Checkpoint(LOG.name, SIZE, whole.root())
    files["checkpoint"] = sign_checkpoint(head, [LOG, Signer("witness.example", b"W" * 32)])
    proof = prove(300, head, files["checkpoint"], whole.node)
    consistency = tree.consistency_proof(333, SIZE, whole.node)
    files["tiles"] = named
    files["vkey"] = LOG.verifier.vkey.encode()
    files["bundles"] = "\n".join(tile.path for tile in bundles).encode()
    files["inclusion"] = "\n".join(step.hex() for step in proof.path).encode()
    files["consistency"] = "\n".join(step.hex() for step in consistency).encode()
    files["older"] = whole.root(333).hex().encode()
    for name, data in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_bytes(data)


def needed(name: str, package: str) -> str:
    """A program that must be there where everything is tried, and may be missing on a desk."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed here: `dev test` must see to it")
        pytest.skip(f"{name} is not installed (Debian: {package})")
    return found


def built(tmp_path: Path) -> Path:
    """The Go program, compiled."""
    go = needed("go", "golang-go")
    if not SOURCES.is_dir():
        if os.environ.get("CI"):
            pytest.fail("Go's x/mod is not installed here: `dev test` must see to it")
        pytest.skip("Go's x/mod is not installed (Debian: golang-golang-x-mod-dev)")
    program = tmp_path / "check.go"
    program.write_text(CHECK, encoding="utf-8")
    environment = {
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(tmp_path / "cache"),
        "GOFLAGS": "",
        "HOME": str(tmp_path),
        "PATH": str(Path(go).parent) + ":/usr/bin:/bin",
    }
    binary = tmp_path / "check"
    subprocess.run(
        [go, "build", "-o", str(binary), str(program)], check=True, env=environment, cwd=tmp_path
    )
    return binary


def run(binary: Path, log: Path) -> str:
    done = subprocess.run([binary, log], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.slow
def test_go_accepts_head_tiles_bundles_and_proofs_and_refuses_a_changed_one(tmp_path: Path) -> None:
    binary, log = built(tmp_path), tmp_path / "log"
    export(log)
    assert run(binary, log) == f"accepted {SIZE}\n"
    tile = log / "tile/0/001"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    assert "tile/0/001 differs" in run(binary, log)
    head = log / "checkpoint"
    head.write_bytes(head.read_bytes().replace(b"70000", b"70001"))
    assert "REFUSED" in run(binary, log)


@pytest.mark.parametrize("part", ["text", "signature"])
def test_openssl_accepts_the_signature_of_a_head_and_refuses_an_altered_one(
    tmp_path: Path, part: str
) -> None:
    openssl = needed("openssl", "openssl")
    head = Checkpoint(LOG.name, 7, bytes(range(32)))
    note = Note.parse(sign_checkpoint(head, [LOG]))
    # RFC 8410: what stands before the 32 bytes of an Ed25519 key in DER.
    der = bytes.fromhex("302a300506032b6570032100") + LOG.verifier.public_key
    (tmp_path / "key.der").write_bytes(der)
    (tmp_path / "text").write_bytes(note.text.encode())
    (tmp_path / "signature").write_bytes(note.signatures[0].signature)
    command = [openssl, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
    command += ["-inkey", "key.der", "-in", "text", "-sigfile", "signature"]

    def accepts() -> bool:
        return subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0

    assert accepts()
    data = bytearray((tmp_path / part).read_bytes())
    data[9] ^= 1
    (tmp_path / part).write_bytes(bytes(data))
    assert not accepts()

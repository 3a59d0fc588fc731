import shutil

import pytest
from collections_on_disk import draw, make_kermany

from core.data import kermany
from core.data.sources import find_kermany

NAMES = [
    # folder, file name, patient, finding, excluded
    ("train/PNEUMONIA", "person793_bacteria_2697.jpeg", "person793", "bacteria", ""),
    ("train/PNEUMONIA", "person793_virus_1426.jpeg", "person793", "virus", ""),
    ("train/PNEUMONIA", "person447_virus_921_1.jpeg", "person447", "virus", ""),
    ("test/NORMAL", "IM-0115-0001.jpeg", "IM-0115", "normal", ""),
    ("test/NORMAL", "IM-0115-0001-0002.jpeg", "IM-0115", "normal", ""),
    ("val/NORMAL", "NORMAL2-IM-0115-0001.jpeg", "NORMAL2-IM-0115", "normal", ""),
    ("train/PNEUMONIA", "BACTERIA-1008087-0001.jpeg", "pneumonia-1008087", "bacteria", ""),
    ("test/PNEUMONIA", "VIRUS-1008087-0002.jpeg", "pneumonia-1008087", "virus", ""),
    ("test/NORMAL", "NORMAL-1008087-0001.jpeg", "NORMAL-1008087", "normal", ""),
    ("train/NORMAL", "holiday.png", "", "normal", ""),
    ("train/PNEUMONIA", "holiday.png", "", "", "finding not placeable: PNEUMONIA"),
    ("train/NORMAL", "person1_virus_1.jpeg", "person1", "", "folder and file name contradict"),
    ("train/PNEUMONIA", "IM-0001-0001.jpeg", "IM-0001", "", "folder and file name contradict"),
]


@pytest.mark.parametrize(("folder", "name", "patient", "finding", "excluded"), NAMES)
def test_what_folder_and_file_name_tell(tmp_path, folder, name, patient, finding, excluded):
    make_kermany(tmp_path / "any" / "chest_xray", {folder: [name]})
    (found,) = find_kermany(tmp_path)
    (row,) = kermany.read_rows(found).to_dict("records")
    assert row["id"] == f"kermany:{folder}/{name}"
    assert row["path"] == str(found / folder / name)
    assert row["patient"] == (f"kermany:{patient}" if patient else "")
    assert (row["finding"], row["excluded"]) == (finding, excluded)


def test_the_archives_second_copy_and_shadow_files_do_not_count(tmp_path):
    collection = make_kermany(tmp_path / "chest_xray")
    once = kermany.read_rows(collection)
    shutil.copytree(collection, tmp_path / "copy")
    (tmp_path / "copy").rename(collection / "chest_xray")
    shadow = collection / "__MACOSX" / "chest_xray" / "train" / "NORMAL"
    draw(shadow / "IM-0001-0001.jpeg").rename(shadow / "._IM-0001-0001.jpeg")
    shutil.copy(collection / "train/NORMAL/IM-0115-0001.jpeg", collection / "train/NORMAL/._x.jpeg")
    (collection / "train" / "NORMAL" / "Thumbs.db").write_bytes(b"x")
    assert find_kermany(tmp_path) == [collection]
    assert kermany.read_rows(collection).equals(once)


def test_links_that_run_in_a_circle_end(tmp_path):
    collection = make_kermany(tmp_path / "a" / "b" / "chest_xray")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a", target_is_directory=True)
    assert find_kermany(tmp_path) == [collection]
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "xrays").symlink_to(collection, target_is_directory=True)
    assert find_kermany(linked) == [linked / "xrays"]


def test_a_folder_that_is_no_collection_is_passed_over(tmp_path):
    draw(tmp_path / "train" / "cats" / "a.png")
    assert find_kermany(tmp_path) == []

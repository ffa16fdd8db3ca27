def test_it(golden, vault, mel, sam, globex):
    assert golden.restriction() == (2, 1)

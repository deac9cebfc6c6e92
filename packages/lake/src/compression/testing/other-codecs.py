"""Codecs of other people, for one file: other-codecs.py compress|decompress|has KIND, bytes in, bytes out."""
import io
import sys
import zipfile
import zlib


def snappy_frames(direction, data):
    import cramjam
    return bytes(getattr(cramjam.snappy, direction)(data))


def hadoop_snappy(direction, data):
    from snappy import snappy
    source, sink = io.BytesIO(data), io.BytesIO()
    getattr(snappy, 'hadoop_stream_' + direction)(source, sink)
    return sink.getvalue()


def zstd(direction, data):
    import cramjam
    return bytes(getattr(cramjam.zstd, direction)(data))


def gzip(direction, data):
    if direction == 'compress':
        codec = zlib.compressobj(wbits=31)
        return codec.compress(data) + codec.flush()
    codec = zlib.decompressobj(wbits=31)
    plain = codec.decompress(data) + codec.flush()
    if not codec.eof or codec.unused_data:
        raise ValueError('not exactly one member')
    return plain


def zip_archive(direction, data):
    if direction == 'compress':
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, 'w', zipfile.ZIP_DEFLATED) as archive:
            archive.writestr('data', data)
        return sink.getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if archive.testzip() is not None or len(archive.namelist()) != 1:
            raise ValueError('not one sound entry')
        return archive.read(archive.namelist()[0])


codecs = {'GZIP': gzip, 'ZIP': zip_archive, 'Snappy': snappy_frames, 'HADOOP_SNAPPY': hadoop_snappy, 'ZSTD': zstd}

action, kind = sys.argv[1:]
codec = codecs[kind]
if action == 'has':
    codec('compress', b'a')
else:
    sys.stdout.buffer.write(codec(action, sys.stdin.buffer.read()))

"""Addresses that lead inside, in every spelling that some system reads.

`WRITTEN`: refused as they are written, before anything is looked up. `NAMED`: ordinary names, each with addresses of
which at least one leads inside.
"""
# ruff: noqa: RUF001 (letters that look like others are the subject)

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence

#: Hosts that must not be reached, and what each is.
INSIDE: Mapping[str, str] = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "the end of loopback",
    "0.0.0.0": "any address of this machine",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.254": "private",
    "192.168.1.1": "private",
    "169.254.169.254": "metadata of most clouds",
    "169.254.170.2": "metadata of containers",
    "100.64.0.1": "shared address space",
    "100.100.100.200": "metadata of a cloud, in shared address space",
    "192.0.0.192": "metadata of a cloud, in protocol assignments",
    "168.63.129.16": "a cloud's own service, at a public address",
    "198.18.0.1": "benchmarks",
    "224.0.0.1": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
}
#: Hosts with an IPv6 address that must not be reached.
INSIDE_V6: Sequence[str] = (
    "::",
    "::1",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",  # metadata of a cloud
    "fd20:ce::254",  # metadata of a cloud
    "ff02::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2001:10::1",
    "2001:20::1",
    "3fff::1",
    "3ffe::1",
    "5f00::1",
    "4000::1",
    "e000::1",
    "2620:4f:8000::1",
)


def forms_of_v6(inside: str) -> Iterator[str]:
    """IPv6 addresses that contain an IPv4 address, each in its usual spelling."""
    number = int(ipaddress.IPv4Address(inside))
    for contained in (
        0xFFFF << 32 | number,  # mapped
        0xFFFF << 48 | number,  # translated (SIIT)
        number,  # compatible
        0x64_FF9B << 96 | number,  # NAT64
        0x64_FF9B_0001 << 80 | number,  # NAT64 for one network
        0x2002 << 112 | number << 80 | 1,  # 6to4
        0x2001_0000 << 96 | (number ^ 0xFFFF_FFFF),  # Teredo: the client, inverted
        0x2001_0000 << 96 | number << 64,  # Teredo: the server
        0x2606_4700 << 96 | 0x5EFE << 32 | number,  # ISATAP in an ordinary network
        0x2606_4700 << 96 | 0x0200_5EFE << 32 | number,  # the same, said to be global
        0xFE80 << 112 | 0x5EFE << 32 | number,
    ):
        yield str(ipaddress.IPv6Address(contained))


def spellings_of_v4(inside: str) -> Iterator[str]:
    """An IPv4 address as libraries, browsers and resolvers read it besides the usual form."""
    a, b, c, d = ipaddress.IPv4Address(inside).packed
    number = int(ipaddress.IPv4Address(inside))
    yield inside
    yield f"{number}"
    yield f"0x{number:x}"
    yield f"0X{number:X}"
    yield f"0{number:o}"
    yield f"{a}.{number & 0xFFFFFF}"
    yield f"{a}.{b}.{number & 0xFFFF}"
    yield f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"
    yield f"0{a:o}.0{b:o}.0{c:o}.0{d:o}"
    yield f"{a:03}.{b:03}.{c:03}.{d:03}" if min(a, b, c, d) < 100 else f"0{a}.{b}.{c}.{d}"
    yield f"{a}.{b}.{c}.0x{d:x}"
    yield f"{inside}."
    yield f"{a}.{b}.{c}.{d + 256}"
    yield "".join(f"%{ord(sign):02x}" for sign in inside)
    yield inside.replace(".", "。")
    yield "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in inside)


def written() -> Iterator[str]:
    """URLs that are refused as they are written."""
    for inside in INSIDE:
        for host in spellings_of_v4(inside):
            yield f"https://{host}/"
        for host in forms_of_v6(inside):
            yield f"https://[{host}]/"
        yield f"https://[::ffff:{inside}]/"
        yield f"https://[0:0:0:0:0:ffff:{inside}]:443/"
        yield f"https://receiver.example.com@{inside}/"
        yield f"https://{inside}#@receiver.example.com/"
    for host in INSIDE_V6:
        yield f"https://[{host}]/"
        yield f"https://[{ipaddress.IPv6Address(host).exploded}]/"
        yield f"https://[{host}%25lo]/"
        yield f"https://[{host}%1]/"
    yield from _OTHERS


_OTHERS = (
    # names that mean something inside
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://localhost:8443/",
    "https://sub.localhost/",
    "https://localhost.localdomain/",
    "https://ip6-localhost/",
    "https://intranet/",
    "https://metadata/computeMetadata/v1/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://instance-data.ec2.internal/",
    "https://kubernetes.default.svc.cluster.local/",
    "https://printer.local/",
    "https://router.lan/",
    "https://nas.home/",
    "https://nas.home.arpa/",
    "https://wiki.corp/",
    "https://wiki.intranet/",
    "https://db.private/",
    "https://hidden.onion/",
    "https://nothing.invalid/",
    # other protocols
    "http://receiver.example.com/",
    "HTTP://receiver.example.com/",
    "ftp://receiver.example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "dict://127.0.0.1:11211/stat",
    "ldap://127.0.0.1/",
    "unix:///var/run/docker.sock",
    "javascript:alert(1)",
    "data:text/plain,x",
    "//receiver.example.com/",
    "receiver.example.com",
    "https:receiver.example.com",
    "https:/receiver.example.com/",
    "https:///127.0.0.1/",
    "https:////127.0.0.1/",
    "https://",
    "https:///",
    "https://?x",
    "https://#x",
    "https://:443/",
    "",
    " ",
    # two readers see two hosts
    "https://receiver.example.com\\@127.0.0.1/",
    "https://127.0.0.1\\@receiver.example.com/",
    "https://127.0.0.1\\.receiver.example.com/",
    "https://receiver.example.com\\\\127.0.0.1/",
    "https:\\\\127.0.0.1\\",
    "https://receiver.example.com:443@127.0.0.1:443/",
    "https://user:password@receiver.example.com/",
    "https://user@receiver.example.com/",
    "https://@127.0.0.1/",
    "https://:@127.0.0.1/",
    "https://a@b@127.0.0.1/",
    "https://receiver.example.com%40127.0.0.1/",
    "https://127.0.0.1%2freceiver.example.com/",
    "https://127.0.0.1%00.example.com/",
    "https://127.0.0.1\x00.example.com/",
    "https://127.0.0.1\t.example.com/",
    "https://127.0.0.1\n.example.com/",
    "https://127.0.0.1 .example.com/",
    " https://127.0.0.1/",
    "https://receiver.example.com/\r\nHost: 127.0.0.1",
    "https://receiver.example.com/ HTTP/1.1\r\nX: y",
    "https://receiver.example.com/?x=\r\n",
    "https://receiver.example.com/\x7f",
    "https://[::1/",
    "https://::1]/",
    "https://::1/",
    "https://[::1]x/",
    "https://[::1]:/",
    "https://[[::1]]/",
    "https://[]/",
    "https://[127.0.0.1]/",
    "https://[receiver.example.com]/",
    "https://[v1.fe80::1]/",
    "https://[1:2:3:4:5:6:7:8:9]/",
    "https://[::ffff:7f00:1]/",
    "https://[::FFFF:127.0.0.1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[0000::0001]/",
    "https://[2606:4700:0:0::1111]/",
    "https://[2606:4700::1.1.1.1]/",
    # letters that become others
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://ＬＯＣＡＬＨＯＳＴ/",
    "https://loc\u00adalhost/",
    "https://①②⑦.⓪.⓪.①/",
    "https://receiver。example。com/",
    "https://receiver.example.com／@127.0.0.1/",
    "https://receiver.example.com\u2028/",
    "https://rec\u200beiver.example.com/",
    # names that are none
    "https://.example.com/",
    "https://receiver..example.com/",
    "https://receiver.example.com./",
    "https://-receiver.example.com/",
    "https://receiver-.example.com/",
    "https://receiver.example.com:443:443/",
    "https://*.example.com/",
    "https://${jndi}.example.com/",
    "https://{{7}}.example.com/",
    f"https://{'a' * 64}.example.com/",
    f"https://{'a.' * 130}com/",
    f"https://receiver.example.com/{'a' * 2000}",
    "https://receiver.example.123/",
    "https://receiver.0x7f/",
    # ports of other services
    "https://receiver.example.com:0/",
    "https://receiver.example.com:22/",
    "https://receiver.example.com:25/",
    "https://receiver.example.com:80/",
    "https://receiver.example.com:465/",
    "https://receiver.example.com:1023/",
    "https://receiver.example.com:65536/",
    "https://receiver.example.com:99999/",
    "https://receiver.example.com:-1/",
    "https://receiver.example.com:+443/",
    "https://receiver.example.com:0x1bb/",
    "https://receiver.example.com:４４３/",
    "https://receiver.example.com:/",
    "https://receiver.example.com: 443/",
    "https://receiver.example.com:443x/",
)


def named() -> dict[str, Sequence[str]]:
    """Ordinary names with their addresses: one leads inside, alone or among public ones."""
    names: dict[str, Sequence[str]] = {}
    for position, inside in enumerate(INSIDE):
        names[f"alone{position}.example.com"] = [inside]
        names[f"last{position}.example.com"] = ["1.1.1.1", "2606:4700::1111", inside]
        names[f"first{position}.example.com"] = [inside, "1.1.1.1"]
        for form, address in enumerate(forms_of_v6(inside)):
            names[f"form{position}-{form}.example.com"] = [address]
    for position, address in enumerate(INSIDE_V6):
        names[f"six{position}.example.com"] = [address]
        names[f"mixed{position}.example.com"] = ["2606:4700::1111", address]
    names["scoped.example.com"] = ["fe80::1%1"]
    names["scoped-public.example.com"] = ["2606:4700::1111%1"]
    return names


WRITTEN: Sequence[str] = tuple(dict.fromkeys(written()))
NAMED: Mapping[str, Sequence[str]] = named()

"""Base URLs of endpoints: what is no address, and where no endpoint may call."""

import socket

import pytest

from core.secrets.addresses import AddressRefused, read_address
from core.secrets.environment import reserve_service
from evaluation.llm.endpoint_rules import EndpointRefused, check_endpoint, check_where_it_leads
from evaluation.llm.registry import EndpointSettings

NO_ADDRESSES = [
    "http://[::1",
    "http://[::1/v1",
    "http://::1]/v1",
    "http://[::1%25eth0]/v1",
    "http://[v1.x]/v1",
    "http://[127.0.0.1]/v1",
    "http://a:99999",
    "http://a:0/v1",
    "http://a:-1/v1",
    "http://a:x/v1",
    "http://a:/v1",
    "http://",
    "http:///v1",
    "http://./v1",
    "http://a..b/v1",
    "http://-a/v1",
    "//a/v1",
    "a/v1",
    "ftp://a/v1",
    "file:///etc/passwd",
    "unix:///run/redis.sock",
    "javascript:alert(1)",
    "http://a\0b/v1",
    "http://a b/v1",
    "http://a/v 1",
    " http://a/v1",
    "http://a/v1\n",
    "http://a\t/v1",
    "http://a\\@b/v1",
    "http:\\\\a\\v1",
    "http://me:password@a/v1",
    "http://me@a/v1",
    "http://@a/v1",
    "http://a/v1#part",
    "http://a/v1#",
    "http://a/v1?key=sk-1",
    "http://a/v1?",
    "http://a/v1?api-version=1&key=2",
    "http://bücher.example/v1",
    "http://a。b/v1",
    "http://①.example/v1",
    "http://2130706433/v1",
    "http://0x7f000001/v1",
    "http://0x7f.1/v1",
    "http://0177.0.0.1/v1",
    "http://127.1/v1",
    "http://127.0.0.1.2/v1",
    "http://a%00b/v1",
    "http://a/v1%0d%0aHost:%20b",
    "http://a/v1/\u202e",
    "http://a/<v1>",
]
METADATA = [
    "http://169.254.169.254/latest/meta-data",
    "http://169.254.169.254./v1",
    "http://169.254.0.1/v1",
    "http://[::ffff:169.254.169.254]/v1",
    "http://[::ffff:a9fe:a9fe]/v1",
    "http://[64:ff9b::a9fe:a9fe]/v1",
    "http://[64:ff9b:1::a9fe:a9fe]/v1",
    "http://[2002:a9fe:a9fe::]/v1",
    "http://[::a9fe:a9fe]/v1",
    "http://[fd00:ec2::254]/v1",
    "http://[fd20:ce::254]/v1",
    "http://[fe80::1]/v1",
    "http://100.100.100.200/v1",
    "http://168.63.129.16/v1",
    "http://metadata.google.internal/v1",
    "http://METADATA.google.internal./v1",
    "http://0.0.0.0:8000/v1",
    "http://[::]:8000/v1",
    "http://224.0.0.1/v1",
    "http://255.255.255.255/v1",
]
SELF_HOSTED = [
    "http://localhost:8000/v1",
    "http://127.0.0.1:8000/v1",
    "http://[::1]:8000/v1",
    "http://192.168.0.7:8000/v1",
    "http://10.1.2.3:11434/v1",
    "http://172.20.0.3/v1",
    "http://[fd12:3456::7]:8000/v1",
    "http://100.64.0.9:8000/v1",
    "http://vllm:8000/v1",
    "http://my_vllm.internal:8000/v1/",
    "https://xn--bcher-kva.example/v1",
    "https://mine.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21",
    "https://api.together.xyz/v1",
]


def endpoint(url: str) -> EndpointSettings:
    return EndpointSettings("e", "openai", "m", base_url=url)


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_what_is_no_address_is_refused_in_words_without_it(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        read_address(url)
    assert "password" not in str(refused.value).replace("user name or password", "")
    with pytest.raises(EndpointRefused) as of_endpoint:
        check_endpoint(endpoint(url))
    assert of_endpoint.value.field == "base_url"


@pytest.mark.parametrize("url", METADATA)
def test_no_endpoint_calls_a_metadata_service_in_any_spelling(url: str) -> None:
    with pytest.raises(EndpointRefused, match=r"metadata") as refused:
        check_endpoint(endpoint(url))
    assert refused.value.field == "base_url"


@pytest.mark.parametrize("url", SELF_HOSTED)
def test_servers_of_the_own_network_are_called_by_default(url: str) -> None:
    check_endpoint(endpoint(url))


def test_the_operator_narrows_down_private_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_PRIVATE_NETWORKS", "10.1.0.0/16, 127.0.0.0/8")
    for url in ("http://10.1.2.3/v1", "http://localhost:8000/v1", "https://8.8.8.8/v1"):
        check_endpoint(endpoint(url))
    for url in (
        "http://10.2.0.1/v1",
        "http://192.168.0.7/v1",
        "http://[::1]/v1",
        "http://[::ffff:10.2.0.1]/v1",
    ):
        with pytest.raises(EndpointRefused, match="ENDPOINT_PRIVATE_NETWORKS"):
            check_endpoint(endpoint(url))
    monkeypatch.setenv("ENDPOINT_PRIVATE_NETWORKS", "")
    with pytest.raises(EndpointRefused, match="ENDPOINT_PRIVATE_NETWORKS"):
        check_endpoint(endpoint("http://127.0.0.1/v1"))


@pytest.mark.parametrize("url", ["http://db.lan:15432/v1", "http://DB.lan.:15432/v1"])
def test_no_endpoint_calls_the_sites_own_services(url: str) -> None:
    reserve_service("db.lan", 15432)
    with pytest.raises(EndpointRefused, match="a service of this site itself"):
        check_endpoint(endpoint(url))
    check_endpoint(endpoint("http://db.lan:8000/v1"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "127.0.0.2", "[::ffff:127.0.0.1]"])
def test_a_service_on_this_machine_is_recognised_by_all_its_names(host: str) -> None:
    reserve_service("localhost", 16379)
    with pytest.raises(EndpointRefused, match="a service of this site itself"):
        check_endpoint(endpoint(f"http://{host}:16379/v1"))


@pytest.mark.parametrize("ip", ["169.254.169.254", "fd00:ec2::254", "fe80::1%eth0"])
def test_a_name_that_leads_to_a_metadata_service_is_refused_at_the_call(
    ip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lookup(*arguments: object, **options: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, 80)) for answer in ("8.8.8.8", ip)]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    check_endpoint(endpoint("http://looks.innocent.example/v1"))
    with pytest.raises(EndpointRefused, match="metadata"):
        check_where_it_leads(endpoint("http://looks.innocent.example/v1"))

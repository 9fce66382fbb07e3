"""The servers of the lab's home and internet: what people really run, unencrypted and over TLS."""

import subprocess
import sys
from pathlib import Path

from tests.lab.network import Host, Network, wait_for

SINKS = str(Path(__file__).with_name("sinks.py"))
BLOCKED_NAME = "login.malware-lab.example"
FTPS_ADDRESS = "192.168.77.21"
"""A second address of the server, where FTP demands TLS."""
OUTSIDE_PORTS = (80, 445, 4444, 6667, 8080, 9443)


def start_servers(network: Network) -> None:
    """Everything that the lab's clients talk to."""
    certificate(network.folder)
    server, internet = network.hosts["server"], network.hosts["internet"]
    dns_and_dhcp(network.hosts["router"])
    server.ip("address", "add", f"{FTPS_ADDRESS}/24", "dev", "eth0")
    for port, *command in (
        ("23", "/usr/sbin/telnetd", "-h", "-E", "/bin/echo welcome"),
        ("513", "/usr/sbin/in.rlogind"),
        ("514", "/usr/sbin/in.rshd"),
    ):
        server.start(sys.executable, SINKS, "spawn", port, *command)
    ftp(server, "192.168.77.20", tls=False)
    ftp(server, FTPS_ADDRESS, tls=True)
    mosquitto(server)
    for host in (server, internet):
        sshd(host)
    internet.start(sys.executable, SINKS, *map(str, OUTSIDE_PORTS))
    internet.start(sys.executable, SINKS, "tls", str(network.folder / "both.pem"), "443", "8883")
    for host, ports in ((server, (21, 22, 23, 513, 514, 1883, 8883)), (internet, (22, 443, *OUTSIDE_PORTS))):
        for port in ports:
            wait_for(lambda: host.listens(port), 15, f"{host.name} listens on {port}")


def certificate(folder: Path) -> None:
    """A key with a certificate for every name, made now."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=lab.example", "-addext",
         "subjectAltName=DNS:lab.example,DNS:www.lab.example,IP:192.168.77.20,IP:192.168.77.21",
         "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    both = (folder / "key.pem").read_bytes() + (folder / "certificate.pem").read_bytes()
    (folder / "both.pem").write_bytes(both)
    for name in ("key.pem", "both.pem", "certificate.pem"):
        (folder / name).chmod(0o644)  # mosquitto gives its rights away before it reads them
    folder.chmod(0o755)


def dns_and_dhcp(router: Host) -> None:
    """dnsmasq answers for the internet's names, and gives addresses from .100 on."""
    router.start(
        "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--bind-interfaces",
        "--interface=eth0", "--dhcp-range=192.168.77.100,192.168.77.150,1h", "--log-facility=-",
        f"--dhcp-leasefile={router.network.folder / 'leases'}",
        f"--address=/{BLOCKED_NAME}/203.0.113.13", "--address=/lab.example/203.0.113.10",
        "--address=/tablet-cloud.example/203.0.113.12", "--user=root",
        "--host-record=server.home.arpa,192.168.77.20", "--host-record=laptop.home.arpa,192.168.77.10",
    )  # fmt: skip
    wait_for(lambda: router.listens(53), 15, "dnsmasq listens")


def ftp(host: Host, address: str, tls: bool) -> None:
    """vsftpd for anonymous people; `tls` demands encryption of commands and data."""
    folder = host.network.folder
    empty = folder / "ftp"
    for place in (empty, folder / "chroot"):
        place.mkdir(exist_ok=True)
        place.chmod(0o755)
    path = folder / f"vsftpd-{address}.conf"
    lines = [
        "listen=YES", "listen_ipv6=NO", f"listen_address={address}", "anonymous_enable=YES", "local_enable=NO",
        f"anon_root={empty}", f"secure_chroot_dir={folder / 'chroot'}", "background=NO", "seccomp_sandbox=NO",
        "xferlog_enable=NO", "no_anon_password=NO", "ftp_username=daemon", "nopriv_user=nobody",
    ]  # fmt: skip
    if tls:
        lines += [
            "ssl_enable=YES", "allow_anon_ssl=YES", "force_anon_logins_ssl=YES", "force_anon_data_ssl=YES",
            "ssl_tlsv1=YES", "require_ssl_reuse=NO", f"rsa_cert_file={folder / 'both.pem'}",
        ]  # fmt: skip
    path.write_text("\n".join(lines) + "\n")
    host.start("vsftpd", str(path))


def mosquitto(host: Host) -> None:
    """A broker for everybody, on 1883 as it is and on 8883 over TLS."""
    folder = host.network.folder
    path = folder / "mosquitto.conf"
    path.write_text(
        "allow_anonymous true\npersistence false\nuser root\nlistener 1883\nlistener 8883\n"
        f"certfile {folder / 'certificate.pem'}\nkeyfile {folder / 'key.pem'}\n"
    )
    host.start("mosquitto", "-c", str(path))


def sshd(host: Host) -> None:
    """Lets root in with the lab's key."""
    folder = host.network.folder
    for name in ("host-key", "user-key"):
        if not (folder / name).exists():
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    host.start(
        "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-o", "UsePAM=no", "-o", f"HostKey={folder / 'host-key'}",
        "-o", f"AuthorizedKeysFile={folder / 'user-key.pub'}", "-o", "StrictModes=no",
        "-o", "PermitRootLogin=yes", "-o", "PidFile=none", "-o", "UseDNS=no",
    )  # fmt: skip


def ssh(client: Host, address: str) -> None:
    """Runs a command on another host through ssh."""
    key = str(client.network.folder / "user-key")
    done = client.run(
        "ssh", "-F", "/dev/null", "-i", key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", f"root@{address}", "echo came-in",
    )  # fmt: skip
    assert b"came-in" in done.stdout

"""A user on which everything hangs that keeps IAM from deleting it, made in a moto that is mended to be as strict as AWS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "legacy-robot"
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


@cache
def certificate() -> str:
    """A certificate that somebody signed with the key of a test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "robot")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = built.not_valid_before(start).not_valid_after(start + timedelta(days=3650)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


@cache
def ssh_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def make_laden_user(iam: Any, name: str = NAME) -> None:
    """The user with a password, two keys, a certificate, an SSH key, a credential, an MFA device, policies, groups and a boundary."""
    edge = iam.create_policy(PolicyName="edge", PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.create_user(UserName=name, Path="/ci/", Tags=[{"Key": "team", "Value": "web"}])
    iam.create_login_profile(UserName=name, Password="Correct-horse-1")
    iam.create_access_key(UserName=name)
    second = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName=name, AccessKeyId=second, Status="Inactive")
    iam.upload_signing_certificate(UserName=name, CertificateBody=certificate())
    iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=ssh_key())
    iam.create_service_specific_credential(UserName=name, ServiceName="codecommit.amazonaws.com")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")
    iam.put_user_policy(UserName=name, PolicyName="s3", PolicyDocument=POLICY)
    iam.attach_user_policy(UserName=name, PolicyArn=edge)
    for group in ("deployers", "readers"):
        iam.create_group(GroupName=group)
        iam.add_user_to_group(GroupName=group, UserName=name)
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=edge)

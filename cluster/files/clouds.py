"""Clouds, before `ray up`: whether credentials are there, and region and machines are such that there are.

Only questions are asked that cost nothing, and none where there are no credentials: no machine is started.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cluster.files.reading import ClusterFile
from cluster.files.spelling import unknown_key
from cluster.nodes.checks import Check

_HERE = "this machine"
_SECONDS = 10
_ZONE = re.compile(r"[a-z]+-[a-z]+\d+-[a-z]")
_MACHINE = re.compile(r"[a-z]\w*-[a-z][a-z\d-]*|custom-\d+-\d+(?:-ext)?")  # the second, of N1
_RAYS_OWN = frozenset({"SubnetIds"})  # Ray 2.60 takes one of them for each machine, before it asks AWS
_KEYS, _TOKEN = ("aws_access_key_id", "aws_secret_access_key"), "aws_session_token"


def check_aws(file: ClusterFile) -> Iterator[Check]:
    """Look at what AWS says of the file."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        yield _lacks("boto3", "aws")
        return
    region = str(file.settings["provider"].get("region", ""))
    try:
        session = boto3.Session(**_aws_keys(file.settings["provider"]))
        regions = [each for name in session.get_available_partitions() for each in _aws_regions(session, name)]
        if region not in regions:
            near = ", ".join(difflib.get_close_matches(region, regions, n=3, cutoff=0.5))
            advice = "correct provider.region" + (f": {near}?" if near else "")
            yield Check(file.name, "region", ok=False, found=f"AWS has no {region or 'such region'}", advice=advice)
            return
        yield Check(file.name, "region", ok=True, found=region)
        bounded = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"max_attempts": 1})
        ec2, sts, iam = (session.client(name, region_name=region, config=bounded) for name in ("ec2", "sts", "iam"))
    except BotoCoreError as error:  # a profile that is not there, half a key
        advice = "correct AWS_PROFILE and the other variables AWS_…, or `aws configure`"
        yield Check(_HERE, "credentials", ok=False, found=" ".join(str(error).split()), advice=advice)
        return
    known = {*ec2.meta.service_model.operation_model("RunInstances").input_shape.members, *_RAYS_OWN}
    configurations = dict(_configurations(file.settings))
    for name, configuration in configurations.items():
        for key in configuration.keys() - known:
            found = unknown_key(key, f"{name}.node_config.", known)
            yield Check(file.name, "schema", ok=False, found=found, advice="correct it: no machine would start")
    try:
        if session.get_credentials() is None:
            advice = "`aws configure`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            yield Check(_HERE, "credentials", ok=False, found="none", advice=advice)
            return
        account = sts.get_caller_identity()["Arn"]
        yield Check(_HERE, "credentials", ok=True, found=account)
        yield from _aws_machines(file, ec2, configurations, region)
        yield from _aws_profiles(file, iam, configurations)
    except (BotoCoreError, ClientError) as error:
        advice = "renew them, or let them ask for sts:GetCallerIdentity, ec2:Describe* and iam:GetInstanceProfile"
        yield Check(_HERE, "credentials", ok=False, found=" ".join(str(error).split()), advice=advice)


def _aws_keys(provider: Mapping[str, Any]) -> dict[str, str]:
    """Return what the file itself has of credentials, which Ray's launcher takes before all others.

    Raises PartialCredentialsError, as for the environment's.
    """
    from botocore.exceptions import PartialCredentialsError

    given = provider.get("aws_credentials")
    keys = {key: str(given[key]) for key in (*_KEYS, _TOKEN) if given.get(key)} if isinstance(given, Mapping) else {}
    for missing in _KEYS if keys else ():
        if missing not in keys:
            raise PartialCredentialsError(provider="provider.aws_credentials", cred_var=missing)
    return keys


def _aws_regions(session: Any, partition: str) -> list[str]:
    return list(session.get_available_regions("ec2", partition_name=partition))


def _aws_machines(file: ClusterFile, ec2: Any, configurations: Mapping[str, Any], region: str) -> Iterator[Check]:
    wanted = sorted({str(configuration.get("InstanceType", "")) for configuration in configurations.values()})
    offered = ec2.describe_instance_type_offerings(Filters=[{"Name": "instance-type", "Values": wanted}])
    absent = set(wanted) - {each["InstanceType"] for each in offered["InstanceTypeOfferings"]}
    if absent:
        found = f"{region} has no {', '.join(sorted(absent))}"
        yield Check(file.name, "machines", ok=False, found=found, advice="take another InstanceType, or another region")
    else:
        yield Check(file.name, "machines", ok=True, found=", ".join(wanted))


def _aws_profiles(file: ClusterFile, iam: Any, configurations: Mapping[str, Any]) -> Iterator[Check]:
    """Whether the instance profiles are there: without one a worker cannot read the bucket."""
    for name in sorted({_profile(each.get("IamInstanceProfile")) for each in configurations.values()}):
        if not name:
            advice = "add `IamInstanceProfile: {Name: …}`, whose role may read and write the bucket"
            yield Check(file.name, "profile", ok=False, found="some nodes have none", advice=advice)
            continue
        try:
            roles = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]
        except iam.exceptions.NoSuchEntityException:
            advice = "make it as the file's first lines say"
            yield Check(file.name, "profile", ok=False, found=f"there is no {name}", advice=advice)
        else:
            found = f"{name}, with the role {roles[0]['RoleName']}" if roles else f"{name} has no role"
            yield Check(file.name, "profile", ok=bool(roles), found=found, advice=None if roles else "give it one")


def _profile(given: Any) -> str:
    """Return an instance profile's name, which ends its ARN, too; empty where there is none."""
    if not isinstance(given, Mapping):
        return ""
    return str(given.get("Name") or str(given.get("Arn") or "").rpartition("/")[2])


def check_gcp(file: ClusterFile) -> Iterator[Check]:
    """Look at what can be told of a file for Google's cloud, and whether its credentials are there."""
    provider = file.settings["provider"]
    region, zone = str(provider.get("region", "")), str(provider.get("availability_zone", ""))
    if _ZONE.fullmatch(zone) and zone.startswith(f"{region}-"):
        yield Check(file.name, "region", ok=True, found=zone)
    else:
        found = f"the zone {zone or 'is missing, or'} is none of the region {region}"
        yield Check(file.name, "region", ok=False, found=found, advice="correct provider.region and availability_zone")
    types = [str(each.get("machineType", "")) for _, each in _configurations(file.settings)]
    odd = [name for name in types if not _MACHINE.fullmatch(name)]
    advice = "correct it: machines are called like n2-standard-8"
    yield Check(
        file.name, "machines", ok=not odd, found=", ".join(odd or types) or "none", advice=advice if odd else None
    )
    try:
        import google.auth
        from google.auth.exceptions import DefaultCredentialsError
    except ImportError:
        yield _lacks("google-auth and google-api-python-client", "gcp")
        return
    try:
        _, project = google.auth.default()
    except DefaultCredentialsError:
        advice = "`gcloud auth application-default login`, or name a key file in GOOGLE_APPLICATION_CREDENTIALS"
        yield Check(_HERE, "credentials", ok=False, found="none", advice=advice)
    else:
        yield Check(_HERE, "credentials", ok=True, found=f"of the project {project}" if project else "found")


def _configurations(settings: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, kind in (settings.get("available_node_types") or {}).items():
        yield name, (kind or {}).get("node_config") or {}


def _lacks(distributions: str, extra: str) -> Check:
    checkout = Path(__file__).parents[2]
    advice = f"`make setup` in {checkout} installs it; without make `pip install -e '.[{extra}]'`"
    return Check(_HERE, "packages", ok=False, found=f"{distributions} is not installed", advice=advice)
